using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace TokenSense.Notifier.Channels;

/// <summary>Which network addresses belong to the internet at large, by IANA's registries of special-purpose addresses: an alert goes to no other.</summary>
public static class PublicAddresses
{
    private static readonly Network[] NotPublicV4 =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
            "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        }.Select(Network.Parse),
    ];

    // All that is routed worldwide. Outside it: loopback, unspecified, link-local, unique local, multicast, and IPv4 in other clothes (mapped, NAT64).
    private static readonly Network PublicV6 = Network.Parse("2000::/3");

    // Within it: protocol assignments with Teredo, documentation, 6to4.
    private static readonly Network[] NotPublicV6 = [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20" }.Select(Network.Parse)];

    public static bool Contains(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return address.AddressFamily switch
        {
            AddressFamily.InterNetwork => !NotPublicV4.Any(network => network.Contains(bytes)),
            AddressFamily.InterNetworkV6 => PublicV6.Contains(bytes) && !NotPublicV6.Any(network => network.Contains(bytes)),
            _ => false,
        };
    }

    // Not .NET's IPNetwork: that compares ::ffff:10.0.0.1 by its IPv4 part, and finds it in 2000::/3.
    private sealed record Network(byte[] Start, int Bits)
    {
        public static Network Parse(string text) =>
            new(IPAddress.Parse(text[..text.IndexOf('/')]).GetAddressBytes(), int.Parse(text[(text.IndexOf('/') + 1)..], CultureInfo.InvariantCulture));

        public bool Contains(byte[] address)
        {
            for (var bit = 0; bit < Bits; bit++)
                if (((Start[bit / 8] ^ address[bit / 8]) & (0x80 >> (bit % 8))) != 0) return false;
            return true;
        }
    }
}
