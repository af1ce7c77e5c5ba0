using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace TokenSense.Notifier.Channels;

/// <summary>Secrets and signatures of the Standard Webhooks scheme, version 1: <c>whsec_</c> and base64 of 24 to 64 bytes, HMAC-SHA256.</summary>
public static class WebhookSecret
{
    public const string Prefix = "whsec_";
    private const int BytesMin = 24, BytesMax = 64, BytesNew = 32;

    public static string New() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(BytesNew));

    public static bool TryRead(string secret, out byte[] key)
    {
        key = [];
        if (!secret.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        var text = secret.AsSpan(Prefix.Length);
        var room = new byte[secret.Length];
        // .NET skips white space in base64; receivers' libraries need not.
        if (text.ContainsAny(" \t\r\n") || !Convert.TryFromBase64Chars(text, room, out var length) || length is < BytesMin or > BytesMax) return false;
        key = room[..length];
        return true;
    }

    /// <summary>Null for one that can be used.</summary>
    public static string? Problem(string secret) =>
        TryRead(secret, out _) ? null : string.Create(CultureInfo.InvariantCulture, $"must be {Prefix} and base64 of {BytesMin} to {BytesMax} bytes");

    /// <summary>The header <c>webhook-signature</c>.</summary>
    /// <param name="timestamp">The header <c>webhook-timestamp</c>: seconds of the Unix era.</param>
    public static string Sign(byte[] key, string id, long timestamp, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}.")));
        hmac.AppendData(body);
        return $"v1,{Convert.ToBase64String(hmac.GetHashAndReset())}";
    }
}
