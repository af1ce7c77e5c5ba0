using MassTransit;
using Npgsql;
using TokenSense.Contracts;
using TokenSense.Notifier.Alerts;
using TokenSense.ServiceDefaults;

namespace TokenSense.Notifier.Gateways;

/// <summary>When each run of each gateway was last heard of, and when the bus itself was: silence on a silent bus says nothing of a gateway.</summary>
public sealed class GatewayRuns(NpgsqlDataSource database, AlertDesk desk, SilentGateways silent, TimeProvider clock)
{
    // The bus has something to say every two seconds: Budgets' heartbeat.
    private static readonly TimeSpan BusPauseMax = TimeSpan.FromSeconds(15);
    private readonly Lock _gate = new();
    private DateTimeOffset _busHeardAt, _busHeardSince;

    /// <summary>Since when the bus is heard without a pause; null: it is not.</summary>
    public DateTimeOffset? BusHeardSince
    {
        get
        {
            lock (_gate) return clock.GetUtcNow() - _busHeardAt <= BusPauseMax ? _busHeardSince : null;
        }
    }

    public void HearBus()
    {
        var now = clock.GetUtcNow();
        lock (_gate)
        {
            if (now - _busHeardAt > BusPauseMax) _busHeardSince = now;
            _busHeardAt = now;
        }
    }

    /// <summary>For a while nothing that was said could be kept: whoever seems silent has its time anew.</summary>
    public void WasDeaf()
    {
        lock (_gate) _busHeardAt = DateTimeOffset.MinValue;
    }

    public async Task Hear(GatewayHeartbeat heartbeat, CancellationToken ct)
    {
        try
        {
            await Keep(heartbeat, ct);
        }
        catch
        {
            WasDeaf();
            throw;
        }
        HearBus();
    }

    private async Task Keep(GatewayHeartbeat heartbeat, CancellationToken ct)
    {
        // By the database's clock, which is one for all processes.
        await using var upsert = database.CreateCommand(
            """
            insert into gateway_runs as r (gateway, epoch, last_seen, stopped, waiting_lines) values ($1, $2, clock_timestamp(), $3, $4)
            on conflict (gateway, epoch) do update set last_seen = excluded.last_seen, stopped = excluded.stopped, waiting_lines = excluded.waiting_lines
            """);
        upsert.Parameters.Add(new() { Value = heartbeat.GatewayId });
        upsert.Parameters.Add(new() { Value = heartbeat.GatewayEpoch });
        upsert.Parameters.Add(new() { Value = heartbeat.Stopping });
        upsert.Parameters.Add(new() { Value = heartbeat.WaitingLines });
        await upsert.ExecuteNonQueryAsync(ct);
        if (!heartbeat.Stopping)
            foreach (var workspaceId in await silent.ToldIn(heartbeat.GatewayId, ct))
                await desk.Resolve(workspaceId, AlertKind.GatewaySilent, "gateway", null, heartbeat.GatewayId, ct);
    }
}

/// <summary>Hears gateways, in a queue of this process: what was not heard is not caught up.</summary>
public sealed class GatewayHeartbeatConsumer(GatewayRuns runs) : IConsumer<GatewayHeartbeat>
{
    private const int NameLengthMax = 64;

    public Task Consume(ConsumeContext<GatewayHeartbeat> context) =>
        context.Message is { GatewayId: { Length: > 0 and <= NameLengthMax } name } && !name.Any(char.IsControl)
            ? context.WithoutLossOfGoodOnes(ct => runs.Hear(context.Message, ct))
            : Task.CompletedTask;
}

/// <summary>Hears that the bus speaks.</summary>
public sealed class BusConsumer(GatewayRuns runs) : IConsumer<BudgetsHeartbeat>
{
    public Task Consume(ConsumeContext<BudgetsHeartbeat> context)
    {
        runs.HearBus();
        return Task.CompletedTask;
    }
}
