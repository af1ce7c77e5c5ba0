namespace TokenSense.Gateway.Proxy;

/// <summary>When a call ends at the latest: by its length, a while after its client left, or when this gateway stops.</summary>
public sealed class CallEnd : IDisposable
{
    // A stopping gateway ends its calls by what is known of them while it still can.
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(15);

    private readonly CancellationTokenSource _end;
    private readonly CancellationTokenRegistration _whenLeft, _whenStopping;

    public CallEnd(TimeSpan callMax, TimeSpan drainMax, CancellationToken clientLeft, CancellationToken stopping)
    {
        _end = new(callMax);
        _whenLeft = clientLeft.UnsafeRegister(_ => _end.CancelAfter(drainMax), null);
        _whenStopping = stopping.UnsafeRegister(_ => _end.CancelAfter(StopGrace), null);
    }

    public CancellationToken Token => _end.Token;

    public void Dispose()
    {
        // Each waits for a callback that is running, so that none meets a disposed source.
        _whenLeft.Dispose();
        _whenStopping.Dispose();
        _end.Dispose();
    }
}
