using Npgsql;
using TokenSense.Contracts;

namespace TokenSense.Budgets.Spend;

/// <summary>The table <c>included_usage</c>: running totals by scope, month and gateway run.</summary>
public static class IncludedRows
{
    /// <summary>How many runs of gateways a state tells of, the newest to move first.</summary>
    public const int ToldMax = 64;

    /// <summary>A total that stands for so long is left out of what the relay tells.</summary>
    public static readonly TimeSpan ToldFor = TimeSpan.FromHours(1);

    /// <summary>Joins each row of <c>s</c> with its totals moved since $1 (null: none), in the same snapshot as the row.</summary>
    public static readonly string Join =
        $"""
        cross join lateral (
            select array_agg(gateway order by place) gateways, array_agg(gateway_epoch order by place) epochs,
                   array_agg(lines order by place) lines, array_agg(cost_usd order by place) costs
            from (
                select gateway, gateway_epoch, lines, cost_usd, row_number() over (order by moved_at desc, gateway, gateway_epoch) place
                from included_usage u
                where u.workspace_id = s.workspace_id and u.period = s.period and u.scope = s.scope and u.scope_id = s.scope_id
                  and u.moved_at >= $1::timestamptz
                order by place limit {ToldMax}) newest) i
        """;

    /// <summary>One statement for all months; null where no gateway counts any of it.</summary>
    public static NpgsqlBatchCommand? Move(Guid workspaceId, IEnumerable<OpenMonth> months)
    {
        var moves = months.SelectMany(month => month.Included.Select(i => (month.Period, Scope: month.ScopeOf(i.KeyId), i.Gateway, i.Epoch, i.Lines, i.CostUsd))).ToList();
        if (moves.Count == 0) return null;
        // The database's clock, like the events' own timestamps, by which the relay asks.
        return new NpgsqlBatchCommand(
            """
            insert into included_usage as u (workspace_id, period, scope, scope_id, gateway, gateway_epoch, lines, cost_usd, moved_at)
            select $1, period, scope, scope_id, gateway, epoch, lines, cost_usd, now()
            from unnest($2, $3, $4, $5, $6, $7, $8) as moved (period, scope, scope_id, gateway, epoch, lines, cost_usd)
            on conflict (workspace_id, period, scope, scope_id, gateway, gateway_epoch) do update set
                lines = u.lines + excluded.lines, cost_usd = u.cost_usd + excluded.cost_usd, moved_at = greatest(u.moved_at, excluded.moved_at)
            """)
        {
            Parameters =
            {
                new() { Value = workspaceId },
                new() { Value = moves.Select(m => m.Period).ToArray() }, new() { Value = moves.Select(m => m.Scope.Scope).ToArray() },
                new() { Value = moves.Select(m => m.Scope.ScopeId).ToArray() }, new() { Value = moves.Select(m => m.Gateway).ToArray() },
                new() { Value = moves.Select(m => m.Epoch).ToArray() }, new() { Value = moves.Select(m => m.Lines).ToArray() },
                new() { Value = moves.Select(m => m.CostUsd).ToArray() },
            },
        };
    }

    /// <summary>The joined columns, from this one on.</summary>
    public static IReadOnlyList<IncludedUsage> Read(NpgsqlDataReader row, int column)
    {
        if (row.IsDBNull(column)) return [];
        var (gateways, epochs) = (row.GetFieldValue<string[]>(column), row.GetFieldValue<Guid[]>(column + 1));
        var (lines, costs) = (row.GetFieldValue<long[]>(column + 2), row.GetFieldValue<decimal[]>(column + 3));
        return [.. gateways.Select((gateway, n) => new IncludedUsage { Gateway = gateway, Epoch = epochs[n], Lines = lines[n], CostUsd = costs[n] })];
    }
}
