using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace TokenSense.ServiceDefaults;

/// <summary>UUIDv5 over length-prefixed parts: the same parts are the same id, and no two different lists of parts share their bytes.</summary>
public static class NamedId
{
    public static Guid Of(Guid within, params ReadOnlySpan<string> parts)
    {
        using var sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        sha1.AppendData(within.ToByteArray(bigEndian: true));
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
