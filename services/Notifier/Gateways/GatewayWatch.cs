using Npgsql;
using TokenSense.Contracts;
using TokenSense.Notifier.Alerts;
using TokenSense.Notifier.Channels;
using TokenSense.ServiceDefaults;

namespace TokenSense.Notifier.Gateways;

/// <summary>Looks for gateways of which no run is heard any more and none said that it stops.</summary>
public sealed class GatewayWatch(NpgsqlDataSource database, GatewayRuns runs, SilentGateways silent, AlertDesk desk, NotifierSettings settings, TimeProvider clock, ILogger<GatewayWatch> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private const int ForgottenAfterDays = 7;
    private readonly TimeSpan _silenceMax = TimeSpan.FromSeconds(settings.GatewaySilentSeconds);

    protected override async Task ExecuteAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(ct))
        {
            try
            {
                await Look(ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                runs.WasDeaf();
                log.LogWarning("Gateways are not watched for the moment: {Reason}", e.Message);
            }
        }
    }

    private async Task Look(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        // Whoever could not be heard until a moment ago has its time from then on.
        if (runs.BusHeardSince is not { } since || now - since < _silenceMax) return;
        await using (var forget = database.CreateCommand($"delete from gateway_runs where last_seen < clock_timestamp() - interval '{ForgottenAfterDays} days'"))
            await forget.ExecuteNonQueryAsync(ct);
        foreach (var (gateway, lastSeen) in await Silent(ct))
            foreach (var workspaceId in await silent.PlacesOf(gateway, ct))
                await desk.Raise(
                    NamedId.Of(workspaceId, AlertKind.GatewaySilent, gateway, lastSeen.UtcTicks.ToString(System.Globalization.CultureInfo.InvariantCulture)), workspaceId,
                    new AlertSubject(AlertKind.GatewaySilent, "gateway", null, gateway), lastSeen, unlessOpen: true, except: null, ct);
    }

    // Of a gateway with several runs the last one to be heard counts; when that one said goodbye, the gateway was stopped.
    private async Task<IReadOnlyList<(string Gateway, DateTimeOffset LastSeen)>> Silent(CancellationToken ct)
    {
        await using var select = database.CreateCommand(
            """
            select gateway, last_seen from (select distinct on (gateway) gateway, last_seen, stopped from gateway_runs order by gateway, last_seen desc) last
            where not stopped and last_seen < clock_timestamp() - $1
            """);
        select.Parameters.Add(new() { Value = _silenceMax });
        var found = new List<(string, DateTimeOffset)>();
        await using var reader = await select.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) found.Add((reader.GetString(0), reader.GetFieldValue<DateTimeOffset>(1)));
        return found;
    }
}
