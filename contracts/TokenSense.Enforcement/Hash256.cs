using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace TokenSense.Enforcement;

/// <summary>The SHA-256 of an API key's secret: what the key is known by. Nothing else of a secret is kept.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct Hash256
{
    private const int BytesMax = 1_024;
    private readonly ulong _a, _b, _c, _d;

    private Hash256(ReadOnlySpan<byte> hash)
    {
        var parts = MemoryMarshal.Cast<byte, ulong>(hash);
        (_a, _b, _c, _d) = (parts[0], parts[1], parts[2], parts[3]);
    }

    /// <exception cref="ArgumentException">The secret is longer than any that exists.</exception>
    public static Hash256 Of(ReadOnlySpan<char> secret)
    {
        Span<byte> text = stackalloc byte[BytesMax];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        if (!Encoding.UTF8.TryGetBytes(secret, text, out var length)) throw new ArgumentException("The secret is too long.", nameof(secret));
        SHA256.HashData(text[..length], hash);
        return new(hash);
    }

    /// <param name="hex">64 hexadecimal digits, as messages carry it.</param>
    /// <exception cref="FormatException">Anything else.</exception>
    public static Hash256 Parse(string hex)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        if (hex.Length != hash.Length * 2 || Convert.FromHexString(hex, hash, out _, out _) != System.Buffers.OperationStatus.Done)
            throw new FormatException("A SHA-256 has 64 hexadecimal digits.");
        return new(hash);
    }

    /// <summary>Takes the same time wherever they differ.</summary>
    /// <remarks>
    /// A look-up by hash is not secret: what it takes depends on the hash of what was presented, which its sender cannot steer towards a stored one.
    /// </remarks>
    public bool Equals(Hash256 other) => CryptographicOperations.FixedTimeEquals(
        MemoryMarshal.AsBytes(new ReadOnlySpan<Hash256>(in this)), MemoryMarshal.AsBytes(new ReadOnlySpan<Hash256>(in other)));

    // The bytes of a SHA-256 are as good as random: any of them make a hash code.
    public override int GetHashCode() => (int)_a;

    public override string ToString()
    {
        Span<ulong> parts = [_a, _b, _c, _d];
        return Convert.ToHexStringLower(MemoryMarshal.AsBytes(parts));
    }
}
