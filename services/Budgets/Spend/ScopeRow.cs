using System.Runtime.CompilerServices;
using Npgsql;
using NpgsqlTypes;
using TokenSense.Contracts;

namespace TokenSense.Budgets.Spend;

/// <summary>The folded state of one scope in one month, as stored.</summary>
public sealed record ScopeRow(
    Guid WorkspaceId, string Period, string Scope, Guid ScopeId, string Stream, decimal SpentUsd,
    decimal? BudgetUsd, string? Mode, int[] Thresholds, long Revision, int[] Crossed, long Version,
    IReadOnlyList<IncludedUsage> Included)
{
    private const string Columns =
        "workspace_id, period, scope, scope_id, stream, spent_usd, budget_usd, mode, thresholds, revision, crossed, version";

    /// <summary>The streams' own scopes, and of their keys those named; of gateways' usage what was included since.</summary>
    public static IAsyncEnumerable<ScopeRow> OfStreams(
        NpgsqlDataSource database, string[] streams, Guid[] keyIds, DateTimeOffset includedSince, CancellationToken ct) =>
        Read(database, $"select {Columns} from scope_spend where stream = any($2) and (scope <> 'key' or scope_id = any($3))", includedSince, ct, streams, keyIds);

    /// <summary>The scopes of a past period.</summary>
    public static IAsyncEnumerable<ScopeRow> OfPeriod(NpgsqlDataSource database, Guid workspaceId, string period, bool withKeys, CancellationToken ct) =>
        Read(database, $"select {Columns} from scope_spend where workspace_id = $2 and period = $3 and ($4 or scope <> 'key')", null, ct, workspaceId, period, withKeys);

    /// <summary>The scopes of the current period, also those with a standing budget and no spend in it yet. One statement: a scope cannot fall in between.</summary>
    /// <param name="database">The service's.</param>
    /// <param name="workspaceId">Whose.</param>
    /// <param name="period">The current one.</param>
    /// <param name="includedSince">From when on included usage of gateways is wanted; null: none.</param>
    /// <param name="ct">Stops it.</param>
    /// <param name="withKeys">Those of keys too.</param>
    public static IAsyncEnumerable<ScopeRow> Current(
        NpgsqlDataSource database, Guid workspaceId, string period, DateTimeOffset? includedSince, CancellationToken ct, bool withKeys = true) =>
        Read(database,
            $"""
            select {Columns} from scope_spend where workspace_id = $2 and period = $3 and ($4 or scope <> 'key')
            union all
            select workspace_id, $3, scope, scope_id, '', 0::numeric, amount_usd, mode, thresholds, revision, array[]::int[], 0::bigint
            from budgets b where workspace_id = $2 and amount_usd is not null and ($4 or scope <> 'key')
              and not exists (select from scope_spend s where s.workspace_id = $2 and s.period = $3 and s.scope = b.scope and s.scope_id = b.scope_id)
            """, includedSince, ct, workspaceId, period, withKeys);

    public SpendChanged ToMessage(long epoch, PeriodCalendar calendar) => new()
    {
        Epoch = epoch, WorkspaceId = WorkspaceId, Scope = Scope, ScopeId = ScopeId, Period = Period, Version = Version, SpentUsd = SpentUsd,
        BudgetUsd = BudgetUsd, Mode = Mode, Thresholds = Thresholds, Crossed = Crossed, BudgetRevision = Revision, ResetsAt = calendar.EndsAt(Period),
        Included = Included,
    };

    private static async IAsyncEnumerable<ScopeRow> Read(
        NpgsqlDataSource database, string sql, DateTimeOffset? includedSince, [EnumeratorCancellation] CancellationToken ct, params object[] values)
    {
        await using var select = database.CreateCommand($"select s.*, i.* from ({sql}) s {IncludedRows.Join}");
        select.Parameters.Add(new() { Value = (object?)includedSince?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        foreach (var value in values) select.Parameters.Add(new() { Value = value });
        await using var reader = await select.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            yield return new ScopeRow(
                reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetGuid(3), reader.GetString(4), reader.GetDecimal(5),
                await reader.IsDBNullAsync(6, ct) ? null : reader.GetDecimal(6), await reader.IsDBNullAsync(7, ct) ? null : reader.GetString(7),
                reader.GetFieldValue<int[]>(8), reader.GetInt64(9), reader.GetFieldValue<int[]>(10), reader.GetInt64(11), IncludedRows.Read(reader, 12));
    }
}
