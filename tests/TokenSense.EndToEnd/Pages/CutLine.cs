using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace TokenSense.EndToEnd.Pages;

/// <summary>The network between a browser and a port of this machine, which a test may cut.</summary>
public sealed class CutLine : IAsyncDisposable
{
    private readonly int _port;
    private readonly int _own;
    private readonly ConcurrentDictionary<TcpClient, bool> _open = [];
    private TcpListener _listener;

    public CutLine(int port)
    {
        _port = port;
        _listener = new(IPAddress.Loopback, 0);
        _listener.Start();
        _own = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = Accept(_listener);
    }

    public string Url => $"http://127.0.0.1:{_own}";

    /// <summary>Nobody comes through, and who was through is cut off.</summary>
    public void Cut()
    {
        _listener.Stop();
        foreach (var client in _open.Keys) client.Close();
    }

    public void Mend()
    {
        _listener = new(IPAddress.Loopback, _own);
        _listener.Start();
        _ = Accept(_listener);
    }

    public ValueTask DisposeAsync()
    {
        Cut();
        return ValueTask.CompletedTask;
    }

    private async Task Accept(TcpListener listener)
    {
        try
        {
            while (true) _ = Carry(await listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }

    private async Task Carry(TcpClient near)
    {
        using var far = new TcpClient();
        _open[near] = _open[far] = true;
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _port);
            var (here, there) = (near.GetStream(), far.GetStream());
            await Task.WhenAny(here.CopyToAsync(there), there.CopyToAsync(here));
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // Cut.
        }
        finally
        {
            near.Close();
            _open.TryRemove(near, out _);
            _open.TryRemove(far, out _);
        }
    }
}
