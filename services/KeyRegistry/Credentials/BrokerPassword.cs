using System.Security.Cryptography;
using System.Text;

namespace TokenSense.KeyRegistry.Credentials;

/// <summary>A password as RabbitMQ keeps it: base64 of a salt of 4 bytes and the SHA-256 of salt and password.</summary>
/// <remarks>One round is enough here: what is hashed are 256 random bits, which nobody guesses.</remarks>
public static class BrokerPassword
{
    public const string Algorithm = "rabbit_password_hashing_sha256";
    private const int SaltBytes = 4;

    public static string Hash(string password)
    {
        Span<byte> salt = stackalloc byte[SaltBytes];
        RandomNumberGenerator.Fill(salt);
        return Hash(password, salt);
    }

    public static string Hash(string password, ReadOnlySpan<byte> salt) =>
        Convert.ToBase64String([.. salt, .. SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(password)])]);

    public static bool Opens(string hash, string password)
    {
        var known = Convert.FromBase64String(hash);
        return known.Length == SaltBytes + SHA256.HashSizeInBytes
            && CryptographicOperations.FixedTimeEquals(known, Convert.FromBase64String(Hash(password, known.AsSpan(0, SaltBytes))));
    }
}
