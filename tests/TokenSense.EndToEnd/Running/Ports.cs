using System.Net;
using System.Net.Sockets;

namespace TokenSense.EndToEnd.Running;

/// <summary>Ports of this machine that nobody listens at.</summary>
public static class Ports
{
    private static readonly HashSet<int> Given = [];

    /// <summary>Free now, and never the same twice: whom it is for listens later, and the system may offer it again until then.</summary>
    public static int Free()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            lock (Given)
                if (Given.Add(port)) return port;
        }
    }
}
