using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using TokenSense.Contracts;

namespace TokenSense.ServiceDefaults.Access;

/// <summary>Secrets as product decision 9 has them: 256 random bits in the form of <see cref="ApiKeyFormat"/>.</summary>
public static class Secret
{
    public const string ApiKey = ApiKeyFormat.Prefix;
    public const string Automation = "tst_";
    public const string Gateway = "tsg_";
    public const string Refresh = "tsr_";
    public const string Invitation = "tsi_";
    public const string PasswordReset = "tsp_";

    public static string New(string prefix)
    {
        Span<byte> random = stackalloc byte[32];
        RandomNumberGenerator.Fill(random);
        var body = prefix + Encode(new BigInteger(random, isUnsigned: true, isBigEndian: true));
        return body + Checksum(body);
    }

    public static bool IsWellFormed(string? secret, string prefix) => secret is not null && ApiKeyFormat.IsWellFormed(secret, prefix);

    /// <summary>Lower-case hex of the SHA-256: all that is ever stored.</summary>
    public static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>Whether two hashes are the same; takes the same time wherever they differ.</summary>
    public static bool IsSame(string sha256, string other) =>
        CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(sha256.AsSpan()), MemoryMarshal.AsBytes(other.AsSpan()));

    private static string Checksum(string body)
    {
        Span<char> checksum = stackalloc char[ApiKeyFormat.ChecksumLength];
        ApiKeyFormat.WriteChecksum(body, checksum);
        return new string(checksum);
    }

    private static string Encode(BigInteger value)
    {
        var text = new char[ApiKeyFormat.RandomLength];
        for (var i = text.Length - 1; i >= 0; i--)
        {
            value = BigInteger.DivRem(value, 62, out var digit);
            text[i] = ApiKeyFormat.Base62[(int)digit];
        }
        return new string(text);
    }
}
