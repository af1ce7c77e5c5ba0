using JasperFx.Events;
using Npgsql;
using TokenSense.Budgets.Enforcement;
using TokenSense.Budgets.Limits;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.Budgets.Spend;

/// <summary>Crossings and budgets one message each; of a scope's state the newest per page, for gateways and dashboards.</summary>
public sealed class SpendRelay(NpgsqlDataSource database, Epoch epoch, Calendars calendars) : IRelayRendering
{
    public async ValueTask<IReadOnlyList<Outgoing>> Render(IReadOnlyList<IEvent> page, CancellationToken ct)
    {
        // Before the rows are read: a state is never told under an epoch older than itself.
        await epoch.Refresh(ct);
        var messages = new List<Outgoing>();
        var states = new SortedSet<string>(StringComparer.Ordinal);
        var rows = new Dictionary<string, ScopeRow>();
        var moved = page.Where(e => e.Data is SpendEvent).ToList();
        var streams = moved.Select(e => e.StreamKey!).Distinct().ToArray();
        var keyIds = moved.SelectMany(e => OpenMonth.Touched((SpendEvent)e.Data)).OfType<Guid>().Distinct().ToArray();
        if (streams.Length > 0)
            await foreach (var row in ScopeRow.OfStreams(database, streams, keyIds, IncludedSince(moved), ct))
                rows[Place(row.Stream, row.Scope == ScopeName.Key ? row.ScopeId : null)] = row;

        foreach (var stored in page)
        {
            if (stored.Data is SpendEvent spend)
                foreach (var keyId in OpenMonth.Touched(spend))
                {
                    var place = Place(stored.StreamKey!, keyId);
                    // A key without a budget decides nothing at any gateway; its total is read where it is shown.
                    if (keyId is null || rows[place].BudgetUsd is not null || spend is SpendEvent.BudgetApplied) states.Add(place);
                }
            if (Message(stored, rows) is { } message) messages.Add(new Outgoing(message, stored.Id));
        }

        foreach (var workspace in states.GroupBy(place => rows[place].WorkspaceId))
        {
            // Its workspace may still be on its way here: the relay waits for it.
            var calendar = await calendars.Of(workspace.Key, ct) ?? throw new TimeoutException($"Workspace {workspace.Key} is not known yet.");
            // A state is told again with every page: each telling is a message of its own.
            messages.AddRange(workspace.Select(place => new Outgoing(rows[place].ToMessage(epoch.Value, calendar), Guid.CreateVersion7())));
        }
        return messages;
    }

    // From before the page's first event, however long the relay stood still: what moved with an event of it is told with it. A key is
    // told of only while it has a budget, so with a budget all that was included until then is told.
    private static DateTimeOffset IncludedSince(List<IEvent> moved) =>
        moved.Any(e => e.Data is SpendEvent.BudgetApplied) ? DateTimeOffset.MinValue : moved.Min(e => e.Timestamp) - IncludedRows.ToldFor;

    private static string Place(string stream, Guid? keyId) => $"{stream}/{keyId}";

    private static object? Message(IEvent stored, Dictionary<string, ScopeRow> rows)
    {
        ScopeRow Row(Guid? keyId) => rows[Place(stored.StreamKey!, keyId)];
        return stored.Data switch
        {
            SpendEvent.ThresholdCrossed e when Row(e.KeyId) is var row => new ThresholdCrossed
            {
                CrossingId = stored.Id, WorkspaceId = row.WorkspaceId, Scope = row.Scope, ScopeId = row.ScopeId, Period = row.Period,
                Threshold = e.Percent, SpentUsd = e.SpentUsd, BudgetUsd = e.BudgetUsd, Mode = e.Mode, CrossedAt = e.At, CrossedBy = e.By, BudgetRevision = e.Revision,
                Version = stored.Version,
            },
            SpendEvent.ThresholdCleared e when Row(e.KeyId) is var row => new ThresholdCleared
            {
                WorkspaceId = row.WorkspaceId, Scope = row.Scope, ScopeId = row.ScopeId, Period = row.Period,
                Threshold = e.Percent, SpentUsd = e.SpentUsd, BudgetUsd = e.BudgetUsd, ClearedAt = e.At, BudgetRevision = e.Revision,
                Version = stored.Version,
            },
            BudgetEvent.BudgetSet e => new BudgetSet
            {
                WorkspaceId = e.WorkspaceId, Scope = e.Scope, ScopeId = e.ScopeId, AmountUsd = e.AmountUsd, Mode = e.Mode, Thresholds = e.Thresholds, Revision = e.Revision,
            },
            BudgetEvent.BudgetRemoved e => new BudgetRemoved { WorkspaceId = e.WorkspaceId, Scope = e.Scope, ScopeId = e.ScopeId, Revision = e.Revision },
            _ => null,
        };
    }
}
