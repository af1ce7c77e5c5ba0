using Marten;

namespace TokenSense.Metering.Usage;

/// <summary>The recorded lines as they are listed, written with the event that holds them: narrow, because the event has the rest.</summary>
public static class UsageLines
{
    /// <summary>What is there already stays, so that the same event may be written again.</summary>
    public static void Add(IDocumentSession session, Guid workspaceId, DateTimeOffset recordedAt, IReadOnlyList<MeteredLine> lines) =>
        session.QueueSqlCommand(
            """
            insert into usage_lines (workspace_id, recorded_at, time, usage_id, period, source, id, key_id, project_id, provider, model,
                input_tokens, output_tokens, cost_from, estimated, cost_usd)
            select ?, ?, time, usage_id, period, source, id, key_id, project_id, provider, model, input_tokens, output_tokens, cost_from, estimated,
                case when cost_from <> 'unpriced' then cost_usd end
            from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) as line (time, usage_id, period, source, id, key_id, project_id, provider, model,
                input_tokens, output_tokens, cost_from, estimated, cost_usd)
            on conflict do nothing
            """,
            workspaceId, recordedAt,
            lines.Select(l => l.Time).ToArray(), lines.Select(l => l.UsageId).ToArray(), lines.Select(l => l.Period).ToArray(),
            lines.Select(l => l.Source).ToArray(), lines.Select(l => l.Id).ToArray(), lines.Select(l => l.KeyId).ToArray(),
            lines.Select(l => l.ProjectId ?? Reports.Rollup.Unassigned).ToArray(), lines.Select(l => l.Provider).ToArray(), lines.Select(l => l.Model).ToArray(),
            lines.Select(l => l.Usage.InputTokens).ToArray(), lines.Select(l => l.Usage.OutputTokens).ToArray(),
            lines.Select(CostFrom).ToArray(), lines.Select(l => l.Estimated).ToArray(), lines.Select(l => l.CostUsd ?? 0).ToArray());

    /// <summary><c>price_book</c>, <c>reported</c> or <c>unpriced</c>.</summary>
    public static string CostFrom(MeteredLine line) => line.Price is not null ? "price_book" : line.CostUsd is not null ? "reported" : "unpriced";
}
