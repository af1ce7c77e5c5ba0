using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace TokenSense.ServiceDefaults;

/// <summary>Fails when events wait and the relay has not moved for 15 s, whoever leads it.</summary>
internal sealed class RelayHealth(RelayStatus status, TimeProvider clock) : IHealthCheck
{
    private static readonly TimeSpan StandstillMax = TimeSpan.FromSeconds(15);
    private readonly Lock _gate = new();
    private long _relayed = -1;
    private DateTimeOffset _movedAt;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken ct = default)
    {
        try
        {
            var (_, sequence, relayed) = await status.Position(ct);
            var now = clock.GetUtcNow();
            lock (_gate)
            {
                if (relayed != _relayed || relayed >= sequence) (_relayed, _movedAt) = (relayed, now);
                // Who relays knows it without having been asked before.
                if (status.StillSince is { } since && since < _movedAt) _movedAt = since;
                var data = new Dictionary<string, object> { ["behind_events"] = sequence - relayed, ["leading"] = status.Leading };
                return now - _movedAt <= StandstillMax
                    ? HealthCheckResult.Healthy(data: data)
                    : HealthCheckResult.Unhealthy($"The relay stands still, {sequence - relayed} events behind.", data: data);
            }
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            return HealthCheckResult.Unhealthy($"The relay's position cannot be read: {e.Message}");
        }
    }
}
