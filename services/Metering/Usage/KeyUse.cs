using MassTransit;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;

namespace TokenSense.Metering.Usage;

/// <summary>When each key was last used, of what was recorded since it was last told: in memory, so that no use costs a write.</summary>
public sealed class KeyUse(TimeProvider clock)
{
    private readonly Lock _lock = new();
    private Dictionary<Guid, DateTimeOffset> _used = [];

    /// <summary>To be called after commit. The latest counts, in whichever order calls come; one in the future, by its gateway's clock, was made now.</summary>
    public void Note(Guid key, DateTimeOffset at)
    {
        var now = clock.GetUtcNow();
        if (at > now) at = now;
        lock (_lock)
            if (!_used.TryGetValue(key, out var known) || at > known) _used[key] = at;
    }

    public IEnumerable<KeyLastUsed> TakeAll()
    {
        Dictionary<Guid, DateTimeOffset> taken;
        lock (_lock) (taken, _used) = (_used, []);
        return taken.Select(used => new KeyLastUsed(used.Key, used.Value));
    }
}

/// <summary>Tells <see cref="KeysUsed"/> every 5 s.</summary>
/// <remarks>
/// An ordinary stop tells what is left. A crash loses the uses of the last seconds, until the key's next: <c>last_used_at</c> then stands a little
/// too early, and nothing else depends on it.
/// </remarks>
public sealed class TellKeysUsed(KeyUse use, IBus bus, TimeProvider clock, ILogger<TellKeysUsed> log) : BackgroundService
{
    private const int ItemsMax = 1_000;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PublishMax = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(ct)) await Tell(ct);
    }

    public override async Task StopAsync(CancellationToken ct)
    {
        await base.StopAsync(ct);
        await Tell(ct);
    }

    private async Task Tell(CancellationToken ct)
    {
        foreach (var items in use.TakeAll().Chunk(ItemsMax))
        {
            try
            {
                await bus.Publish(new KeysUsed { Items = items }, ct).WaitAsync(PublishMax, clock, ct);
            }
            catch (Exception e) when (Faults.IsInfrastructure(e))
            {
                log.LogWarning("When {Keys} keys were last used is told later: {Reason}", items.Length, e.Message);
                foreach (var item in items) use.Note(item.KeyId, item.LastUsedAt);
            }
        }
    }
}
