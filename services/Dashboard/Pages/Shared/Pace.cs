namespace TokenSense.Dashboard.Pages.Shared;

/// <summary>Under traffic a page reads again at intervals, not with every call, and still within a second; what somebody asks for is read at once.</summary>
public sealed class Pace
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(500);
    private TaskCompletionSource _asked = new();
    private long _last;

    /// <summary>Somebody asked.</summary>
    public void Hurry() => _asked.TrySetResult();

    public async Task Keep(CancellationToken ct)
    {
        var left = Between - TimeProvider.System.GetElapsedTime(_last);
        if (_last != 0 && left > TimeSpan.Zero) await Task.WhenAny(Task.Delay(left, ct), _asked.Task);
        ct.ThrowIfCancellationRequested();
        (_asked, _last) = (new(), TimeProvider.System.GetTimestamp());
    }
}
