using System.Collections.Immutable;
using System.Text.Json;

namespace TokenSense.Tools.Demo;

/// <summary>Waits until the product's figures are those of the providers' bill, or a minute has passed, and sets both side by side.</summary>
public sealed class Settlement(ConsoleApi api, Stage stage, Reckoning reckoning, CrossingWatch crossings)
{
    private static readonly TimeSpan SettledWithin = TimeSpan.FromSeconds(60);

    /// <returns>The lanes in their order, then the workspace.</returns>
    public async Task<ImmutableArray<Outcome>> Wait(CancellationToken ct)
    {
        var deadline = Environment.TickCount64 + (long)SettledWithin.TotalMilliseconds;
        while (true)
        {
            var outcomes = await Read(ct);
            if (Environment.TickCount64 >= deadline || outcomes.All(o => Arrived(o))) return outcomes;
            await Task.Delay(100, ct);
        }
    }

    private static bool Arrived(Outcome o) =>
        o.SpentUsd == o.Seen.ServedUsd && o.Recorded.CostUsd == o.Seen.ServedUsd && o.ExportedUsd == o.Seen.ServedUsd
        && new[] { 80, 100 }.All(t => !o.Expects(t) || (o.Crossings.ContainsKey(t) && o.Alerts.ContainsKey(t)));

    private async Task<ImmutableArray<Outcome>> Read(CancellationToken ct)
    {
        var spend = await api.Get($"workspaces/{stage.WorkspaceId}/spend?period={stage.Period}", ct);
        var usage = await api.Get($"workspaces/{stage.WorkspaceId}/usage?group_by=project", ct);
        var rows = (await api.Get($"workspaces/{stage.WorkspaceId}/export?period={stage.Period}&format=json", ct)).GetProperty("rows").EnumerateArray().ToList();
        var exported = rows.GroupBy(row => IdOf(row.GetProperty("project_id"))).ToDictionary(p => p.Key, p => p.Sum(row => row.GetProperty("cost_usd").GetDecimal()));
        var alerts = (await api.Get($"workspaces/{stage.WorkspaceId}/alerts?limit=200", ct)).GetProperty("data").EnumerateArray()
            .Where(a => a.GetProperty("kind").GetString() == "budget_threshold" && a.GetProperty("deliveries").EnumerateArray().All(d => d.GetProperty("status").GetString() == "delivered"))
            .ToLookup(a => a.GetProperty("scope_id").GetGuid(), a => a.GetProperty("threshold").GetInt32());
        Dictionary<int, int> AlertsOf(Guid scopeId) => alerts[scopeId].GroupBy(t => t).ToDictionary(t => t.Key, t => t.Count());
        var projects = spend.GetProperty("projects").EnumerateArray().ToDictionary(p => p.GetProperty("id").GetGuid());
        // A project's usage rows by its id; those without one under the empty id.
        var recorded = usage.GetProperty("data").EnumerateArray().ToDictionary(row => IdOf(row.GetProperty("project_id")), RecordedIn);
        var outcomes = ImmutableArray.CreateBuilder<Outcome>();
        foreach (var (lane, seen) in stage.Lanes.Zip(reckoning.Lanes))
        {
            var spent = lane.ProjectId is { } id ? projects.GetValueOrDefault(id) : spend.GetProperty("unassigned");
            outcomes.Add(new(lane.Lane.Name, seen, lane.BudgetUsd, recorded.GetValueOrDefault(lane.ProjectId ?? Guid.Empty, Recorded.None),
                spent.ValueKind is JsonValueKind.Undefined ? 0 : spent.GetProperty("spent_usd").GetDecimal(),
                lane.ProjectId is { } project ? crossings.Of(project) : ImmutableDictionary<int, int>.Empty,
                lane.ProjectId is { } told ? AlertsOf(told) : [], exported.GetValueOrDefault(lane.ProjectId ?? Guid.Empty)));
        }
        outcomes.Add(new("Workspace", reckoning.Workspace, stage.BudgetUsd, recorded.Values.Aggregate(Recorded.None, (sum, row) => sum + row),
            spend.GetProperty("workspace").GetProperty("spent_usd").GetDecimal(), crossings.Of(stage.WorkspaceId),
            AlertsOf(stage.WorkspaceId), exported.Values.Sum(), rows.Sum(row => row.GetProperty("amount_usd").GetDecimal())));
        return outcomes.DrainToImmutable();
    }

    private static Guid IdOf(JsonElement id) => id.ValueKind is JsonValueKind.Null ? Guid.Empty : id.GetGuid();

    private static Recorded RecordedIn(JsonElement row) => new(
        row.GetProperty("requests").GetInt64(), row.GetProperty("input_tokens").GetInt64(), row.GetProperty("output_tokens").GetInt64(),
        row.GetProperty("cost_usd").GetDecimal(), row.GetProperty("unpriced").GetInt64());
}
