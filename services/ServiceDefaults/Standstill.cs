using System.Collections.Concurrent;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace TokenSense.ServiceDefaults;

/// <summary>The messages that are being tried again and again: unhealthy once one has been for 30 s.</summary>
public sealed class Standstill : IHealthCheck
{
    private static readonly TimeSpan TriedMax = TimeSpan.FromSeconds(30);
    private static readonly ConcurrentDictionary<Place, byte> Places = new();

    /// <summary>Whether some message is being tried again in this process.</summary>
    public static bool Any => !Places.IsEmpty;

    internal static Place Begin(string queue)
    {
        var place = new Place(queue, Environment.TickCount64);
        Places[place] = 0;
        return place;
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken ct = default)
    {
        var stuck = Places.Keys.Where(p => Environment.TickCount64 - p.SinceTick > TriedMax.TotalMilliseconds).Select(p => p.Queue).Distinct().ToList();
        return Task.FromResult(stuck.Count == 0
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy($"A message has been tried for more than {TriedMax.TotalSeconds} s in {string.Join(", ", stuck)}."));
    }

    internal sealed class Place(string queue, long sinceTick)
    {
        public string Queue => queue;
        public long SinceTick => sinceTick;
        public void End() => Places.TryRemove(this, out _);
    }
}
