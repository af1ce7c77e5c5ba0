using System.Collections.Concurrent;
using RabbitMQ.Client;
using TokenSense.Contracts;

namespace TokenSense.Tools.Demo;

/// <summary>Hears of crossed thresholds as an ops team would.</summary>
public sealed class CrossingWatch : IAsyncDisposable
{
    // By crossing, as a message may come twice.
    private readonly ConcurrentDictionary<Guid, ThresholdCrossed> _crossings = new();
    private Subscription? _subscription;

    public static async Task<CrossingWatch> Open(IConnection connection, CancellationToken ct)
    {
        var watch = new CrossingWatch();
        watch._subscription = await Subscription.Open<ThresholdCrossed>(connection, crossed => watch._crossings.TryAdd(crossed.CrossingId, crossed), ct);
        return watch;
    }

    /// <summary>How often each threshold of a scope was crossed.</summary>
    public IReadOnlyDictionary<int, int> Of(Guid scopeId) =>
        _crossings.Values.Where(c => c.ScopeId == scopeId).GroupBy(c => c.Threshold).ToDictionary(c => c.Key, c => c.Count());

    public ValueTask DisposeAsync() => _subscription?.DisposeAsync() ?? ValueTask.CompletedTask;
}
