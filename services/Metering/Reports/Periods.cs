using Marten;
using TokenSense.Metering.Usage;

namespace TokenSense.Metering.Reports;

/// <summary>A month of a workspace as its files name it.</summary>
public static class Periods
{
    /// <summary>Nothing is sealed yet. Once months are, this is where a file learns of it.</summary>
    public const string State = "open";

    /// <summary>Each recorded event moves the revision of the periods that it touches by one, under the workspace's lock.</summary>
    public static void Touch(IDocumentSession session, Guid workspaceId, IReadOnlyList<MeteredLine> lines) =>
        session.QueueSqlCommand(
            """
            insert into usage_periods as p (workspace_id, period, revision) select ?, period, 1 from unnest(?) as touched (period)
            on conflict (workspace_id, period) do update set revision = p.revision + 1
            """,
            workspaceId, lines.Select(l => l.Period).Distinct().Order(StringComparer.Ordinal).ToArray());
}
