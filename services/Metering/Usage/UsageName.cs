using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace TokenSense.Metering.Usage;

/// <summary>The one name of a billable fact: UUIDv5 over the length-prefixed parts, without time (architecture law 2).</summary>
public static class UsageName
{
    private static readonly byte[] Namespace = new Guid("6f0f3a52-3a0b-5d5c-9a50-4f5a5c1f6b11").ToByteArray(bigEndian: true);

    public static Guid Of(Guid workspaceId, string reporter, string source, string id) =>
        Of(workspaceId.ToString("N"), reporter, source, id);

    /// <summary>A name of any parts: no two different lists of parts share their bytes.</summary>
    public static Guid Of(params ReadOnlySpan<string> parts)
    {
        using var sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        sha1.AppendData(Namespace);
        Span<byte> length = stackalloc byte[4];
        foreach (var part in parts)
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            sha1.AppendData(length);
            sha1.AppendData(bytes);
        }
        Span<byte> hash = stackalloc byte[20];
        sha1.GetHashAndReset(hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x50);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
