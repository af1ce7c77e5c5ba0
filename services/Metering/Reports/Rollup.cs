using Marten;
using TokenSense.Metering.Usage;

namespace TokenSense.Metering.Reports;

/// <summary>Totals per day, project, key and model, moved with the usage itself: charts and exports never read the lines.</summary>
public static class Rollup
{
    /// <summary>Stands for "no project" in a primary key.</summary>
    public static readonly Guid Unassigned = Guid.Empty;

    public static void Add(IDocumentSession session, Guid workspaceId, IReadOnlyList<MeteredLine> lines)
    {
        var rows = lines
            .GroupBy(l => (l.Period, l.Day, Project: l.ProjectId ?? Unassigned, l.KeyId, l.Provider, l.Model))
            // Always in the same order, so that two writers never wait for each other in a circle.
            .OrderBy(r => r.Key.Period, StringComparer.Ordinal).ThenBy(r => r.Key.Day).ThenBy(r => r.Key.Project).ThenBy(r => r.Key.KeyId)
            .ThenBy(r => r.Key.Provider, StringComparer.Ordinal).ThenBy(r => r.Key.Model, StringComparer.Ordinal).ToList();
        session.QueueSqlCommand(
            """
            insert into usage_days as d (workspace_id, period, day, project_id, key_id, provider, model, requests, input_tokens, output_tokens, cost_usd, unpriced)
            select ?, * from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            on conflict (workspace_id, period, day, project_id, key_id, provider, model) do update set
                requests = d.requests + excluded.requests, input_tokens = d.input_tokens + excluded.input_tokens,
                output_tokens = d.output_tokens + excluded.output_tokens, cost_usd = d.cost_usd + excluded.cost_usd, unpriced = d.unpriced + excluded.unpriced
            """,
            workspaceId,
            rows.Select(r => r.Key.Period).ToArray(), rows.Select(r => r.Key.Day).ToArray(), rows.Select(r => r.Key.Project).ToArray(),
            rows.Select(r => r.Key.KeyId).ToArray(), rows.Select(r => r.Key.Provider).ToArray(), rows.Select(r => r.Key.Model).ToArray(),
            rows.Select(r => r.LongCount()).ToArray(), rows.Select(r => r.Sum(l => l.Usage.InputTokens)).ToArray(),
            rows.Select(r => r.Sum(l => l.Usage.OutputTokens)).ToArray(), rows.Select(r => r.Sum(l => l.CostUsd ?? 0)).ToArray(),
            rows.Select(r => r.LongCount(l => l.CostUsd is null)).ToArray());
    }
}
