using Npgsql;
using TokenSense.Contracts;
using TokenSense.Notifier.Alerts;
using TokenSense.Notifier.Channels;
using TokenSense.Notifier.Recipients;

namespace TokenSense.Notifier.Deliveries;

/// <summary>Every minute: what a death in between left undone, what ends with its month, and what is kept no longer.</summary>
public sealed class Upkeep(NpgsqlDataSource database, AlertDesk desk, ChannelTrouble trouble, Forgetting forgetting, TimeProvider clock, ILogger<Upkeep> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private const int AtOnceMax = 500;

    protected override async Task ExecuteAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                await Probe(ct);
                await EndWithTheirMonth(ct);
                await MatchTrouble(ct);
                await Forget(ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                log.LogWarning("Upkeep waits: {Reason}", e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(ct));
    }

    private async Task Probe(CancellationToken ct)
    {
        foreach (var receiver in await Read("select receiver from receivers where failing_since is not null order by receiver", r => r.GetString(0), ct))
        {
            await using var connection = await database.OpenConnectionAsync(ct);
            await using var transaction = await connection.BeginTransactionAsync(ct);
            await using (var hold = new NpgsqlCommand("select from receivers where receiver = $1 for update", connection, transaction) { Parameters = { new() { Value = receiver } } })
                await hold.ExecuteNonQueryAsync(ct);
            await Receivers.Probe(transaction, receiver, clock.GetUtcNow(), ct);
            await transaction.CommitAsync(ct);
        }
    }

    // The next month begins with nothing spent: what blocked blocks no more. A model without a price is told of anew in it.
    private async Task EndWithTheirMonth(CancellationToken ct)
    {
        var over = await Read(
            $"""
            select distinct workspace_id, kind, scope, scope_id, scope_name, period from alerts
            where kind in ('{AlertKind.BudgetThreshold}', '{AlertKind.UnpricedModel}') and status <> 'resolved' and (body->'subject'->>'resetsAt')::timestamptz <= now() limit {AtOnceMax}
            """,
            r => (r.GetGuid(0), r.GetString(1), r.GetString(2), r.IsDBNull(3) ? (Guid?)null : r.GetGuid(3), r.IsDBNull(4) ? null : r.GetString(4), r.GetString(5)), ct);
        foreach (var (workspaceId, kind, scope, scopeId, scopeName, period) in over) await desk.End(workspaceId, kind, scope, scopeId, scopeName, period, ct);
    }

    private async Task MatchTrouble(CancellationToken ct)
    {
        var over = await Read(
            $"""
            select a.workspace_id, a.scope_id from alerts a join channels c on c.id = a.scope_id left join receivers r on r.receiver = 'channel:' || c.id
            where a.kind = '{AlertKind.ChannelFailing}' and a.status <> 'resolved' and r.failing_since is null
              and (c.deleted or (c.body->'terms'->>'enabled')::bool) limit {AtOnceMax}
            """, r => (r.GetGuid(0), r.GetGuid(1)), ct);
        foreach (var (workspaceId, channelId) in over) await trouble.IsOver(workspaceId, channelId, ct);
        var untold = await Read(
            $"""
            select c.workspace_id, c.id, c.body->>'offReason', c.body->>'version' from channels c
            where not c.deleted and c.body->>'offReason' is not null
              and not exists (select from alerts a where a.kind = '{AlertKind.ChannelFailing}' and a.scope_id = c.id and a.status <> 'resolved') limit {AtOnceMax}
            """, r => (r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetString(3)), ct);
        foreach (var (workspaceId, channelId, reason, version) in untold) await trouble.TellOff(workspaceId, channelId, reason, version, ct);
    }

    private async Task Forget(CancellationToken ct)
    {
        await forgetting.Workspaces(null, ct);
        await using var forget = database.CreateBatch();
        // Tests tell nothing after a week. The events stay.
        forget.BatchCommands.Add(new NpgsqlBatchCommand(
            $"delete from deliveries d using alerts a where a.id = d.alert_id and a.kind = '{AlertKind.Test}' and a.raised_at < now() - interval '7 days'"));
        forget.BatchCommands.Add(new NpgsqlBatchCommand($"delete from alerts where kind = '{AlertKind.Test}' and raised_at < now() - interval '7 days'"));
        await forget.ExecuteNonQueryAsync(ct);
    }

    private async Task<IReadOnlyList<T>> Read<T>(string sql, Func<NpgsqlDataReader, T> row, CancellationToken ct)
    {
        await using var select = database.CreateCommand(sql);
        await using var reader = await select.ExecuteReaderAsync(ct);
        var found = new List<T>();
        while (await reader.ReadAsync(ct)) found.Add(row(reader));
        return found;
    }
}
