namespace TokenSense.Gateway.Proxy;

/// <summary>When a call ends at the latest: by its length, a while after its client left, or when this gateway stops; whichever is first.</summary>
public sealed class CallEnd : IDisposable
{
    // A stopping gateway ends its calls by what is known of them while it still can.
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(15);

    private readonly CancellationTokenSource _end = new();
    private readonly Lock _gate = new();
    private readonly CancellationTokenRegistration _whenLeft, _whenStopping;
    private long _atMs = long.MaxValue;

    public CallEnd(TimeSpan callMax, TimeSpan drainMax, CancellationToken clientLeft, CancellationToken stopping)
    {
        Within(callMax);
        _whenLeft = clientLeft.UnsafeRegister(_ => Within(drainMax), null);
        _whenStopping = stopping.UnsafeRegister(_ => Within(StopGrace), null);
    }

    public CancellationToken Token => _end.Token;

    public void Dispose()
    {
        // Each waits for a callback that is running, so that none meets a disposed source.
        _whenLeft.Dispose();
        _whenStopping.Dispose();
        _end.Dispose();
    }

    private void Within(TimeSpan time)
    {
        lock (_gate)
        {
            var at = Environment.TickCount64 + (long)time.TotalMilliseconds;
            if (at >= _atMs) return;
            _atMs = at;
            _end.CancelAfter(time);
        }
    }
}
