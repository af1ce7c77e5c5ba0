namespace TokenSense.Contracts;

/// <summary>What a secret looks like (product decision 9): a prefix, 43 characters of base62, 6 characters of checksum (CRC-32 of all before it).</summary>
/// <remarks>The checksum tells a mistyped or invented secret from one that may exist, without a look-up.</remarks>
public static class ApiKeyFormat
{
    public const string Prefix = "ts_live_";
    public const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    public const int RandomLength = 43;
    public const int ChecksumLength = 6;

    private static readonly uint[] Crc32 = [.. Enumerable.Range(0, 256).Select(Crc32Of)];

    public static bool IsWellFormed(ReadOnlySpan<char> secret, string prefix = Prefix)
    {
        if (secret.Length != prefix.Length + RandomLength + ChecksumLength || !secret.StartsWith(prefix, StringComparison.Ordinal)) return false;
        foreach (var c in secret[prefix.Length..])
            if (!char.IsAsciiLetterOrDigit(c)) return false;
        Span<char> checksum = stackalloc char[ChecksumLength];
        WriteChecksum(secret[..^ChecksumLength], checksum);
        return secret[^ChecksumLength..].SequenceEqual(checksum);
    }

    /// <param name="body">ASCII: the prefix and the 43 characters.</param>
    /// <param name="checksum">Receives <see cref="ChecksumLength"/> characters.</param>
    public static void WriteChecksum(ReadOnlySpan<char> body, Span<char> checksum)
    {
        var crc = uint.MaxValue;
        foreach (var c in body) crc = (crc >> 8) ^ Crc32[(byte)(crc ^ c)];
        crc = ~crc;
        for (var i = ChecksumLength - 1; i >= 0; i--)
        {
            checksum[i] = Base62[(int)(crc % 62)];
            crc /= 62;
        }
    }

    private static uint Crc32Of(int index)
    {
        var crc = (uint)index;
        for (var bit = 0; bit < 8; bit++) crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
        return crc;
    }
}
