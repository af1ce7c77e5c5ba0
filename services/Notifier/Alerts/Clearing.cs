using Npgsql;
using TokenSense.Contracts;

namespace TokenSense.Notifier.Alerts;

/// <summary>The last clearing of a threshold. Bus messages may overtake each other: a crossing that comes after its clearing is resolved from the start.</summary>
public sealed record Clearing(long Version, DateTimeOffset At)
{
    internal static async Task<Clearing?> Last(NpgsqlTransaction transaction, Guid workspaceId, AlertSubject subject, CancellationToken ct)
    {
        if (subject is not { ScopeId: { } scopeId, Period: { } period, Threshold: { } threshold }) return null;
        await using var select = new NpgsqlCommand(
            "select version, at from clearings where workspace_id = $1 and scope = $2 and scope_id = $3 and period = $4 and threshold = $5",
            transaction.Connection, transaction)
        {
            Parameters = { new() { Value = workspaceId }, new() { Value = subject.Scope }, new() { Value = scopeId }, new() { Value = period }, new() { Value = threshold } },
        };
        await using var reader = await select.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new(reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1)) : null;
    }

    internal static async Task Remember(NpgsqlTransaction transaction, ThresholdCleared cleared, CancellationToken ct)
    {
        await using var write = new NpgsqlCommand(
            """
            insert into clearings as c (workspace_id, scope, scope_id, period, threshold, version, at) values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (workspace_id, scope, scope_id, period, threshold) do update set version = excluded.version, at = excluded.at where c.at < excluded.at
            """, transaction.Connection, transaction)
        {
            Parameters =
            {
                new() { Value = cleared.WorkspaceId }, new() { Value = cleared.Scope }, new() { Value = cleared.ScopeId }, new() { Value = cleared.Period },
                new() { Value = cleared.Threshold }, new() { Value = cleared.Version }, new() { Value = cleared.ClearedAt.ToUniversalTime() },
            },
        };
        await write.ExecuteNonQueryAsync(ct);
    }
}
