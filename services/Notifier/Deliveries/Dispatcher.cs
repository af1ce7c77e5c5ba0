using TokenSense.Notifier.Alerts;
using TokenSense.ServiceDefaults;

namespace TokenSense.Notifier.Deliveries;

/// <summary>Sends what is due, many at once, and of each receiver no more than it may have: one that hangs delays nobody.</summary>
public sealed class Dispatcher(DueMessages due, Courier courier, AlertChanges changes, TimeProvider clock, ILogger<Dispatcher> log) : BackgroundService
{
    private const int AtOnceMax = 256;
    private static readonly TimeSpan LookMax = TimeSpan.FromSeconds(2), LookMin = TimeSpan.FromMilliseconds(10), Again = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(15);
    private readonly Dictionary<string, int> _underWay = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    protected override async Task ExecuteAsync(CancellationToken ct)
    {
        using var changed = changes.Watch(null);
        while (!ct.IsCancellationRequested)
        {
            try
            {
                var (free, busy) = Room();
                var taken = free == 0 ? [] : await due.Take(free, busy, ct);
                foreach (var message in taken) _ = Send(message);
                if (taken.Count == 0) await changed.Wait(await UntilNext(busy, ct), ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                log.LogWarning("Alerts wait: {Reason}", e.Message);
                await Task.Delay(Again, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
        // What is under way is told of before this process ends; else it would be sent again.
        var since = clock.GetTimestamp();
        while (Room().Free < AtOnceMax && clock.GetElapsedTime(since) < EndMax) await Task.Delay(LookMin, CancellationToken.None);
    }

    private async Task<TimeSpan> UntilNext(string[] busy, CancellationToken ct)
    {
        var next = await due.UntilNext(busy, ct) ?? LookMax;
        return next < LookMin ? LookMin : next < LookMax ? next : LookMax;
    }

    private async Task Send(DueMessage message)
    {
        Count(message.Receiver, 1);
        try
        {
            await courier.Bring(message);
        }
        catch (Exception e)
        {
            // Its lease runs out, and it is due again.
            if (Faults.IsInfrastructure(e)) log.LogWarning("What became of a message could not be recorded; it is sent again: {Reason}", e.Message);
            else log.LogError(e, "What became of a message could not be recorded; it is sent again");
        }
        finally
        {
            Count(message.Receiver, -1);
        }
    }

    private void Count(string receiver, int by)
    {
        lock (_gate)
        {
            var count = _underWay.GetValueOrDefault(receiver) + by;
            if (count == 0) _underWay.Remove(receiver);
            else _underWay[receiver] = count;
        }
    }

    private (int Free, string[] Busy) Room()
    {
        lock (_gate)
            return (AtOnceMax - _underWay.Values.Sum(), [.. _underWay.Where(r => r.Value >= (r.Key == "smtp" ? DueMessages.AtOnceMail : DueMessages.AtOnceOther)).Select(r => r.Key)]);
    }
}
