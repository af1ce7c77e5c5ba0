using System.Text.Json;

namespace TokenSense.Tools.Audit;

/// <summary>What the management API answers about spend, beside the rows that it should answer from.</summary>
public sealed class ApiSpend(ConsoleApi api, Findings findings)
{
    public int Answers { get; private set; }

    /// <summary>Scopes that moved on between the database's moment and the API's answer: nothing can be said of them.</summary>
    public int MovedOn { get; private set; }

    /// <summary>Workspaces that the owner is no member of.</summary>
    public int NotAsked { get; private set; }

    public async Task Compare(IReadOnlyDictionary<Place, SpendRow> rows, IReadOnlySet<Guid> mine, CancellationToken ct)
    {
        foreach (var workspace in rows.Values.GroupBy(r => r.WorkspaceId))
        {
            if (!mine.Contains(workspace.Key)) { NotAsked++; continue; }
            foreach (var period in workspace.GroupBy(r => r.Place.Period))
            {
                Answers++;
                Compare(workspace.Key, period.Key, await api.Get($"workspaces/{workspace.Key}/spend?period={period.Key}", ct), [.. period]);
            }
        }
    }

    public void Compare(Guid workspaceId, string period, JsonElement answer, IReadOnlyList<SpendRow> rows)
    {
        var where = $"{period} workspace {workspaceId}";
        var all = answer.GetProperty("projects").EnumerateArray().Concat(answer.GetProperty("keys").EnumerateArray()).Append(answer.GetProperty("workspace"))
            .ToDictionary(s => new Place(period, s.GetProperty("scope").GetString()!, s.GetProperty("id").GetGuid()));
        findings.Compare(where, "projects + unassigned of the API against its workspace",
            answer.GetProperty("workspace").GetProperty("spent_usd").GetDecimal(),
            answer.GetProperty("projects").EnumerateArray().Append(answer.GetProperty("unassigned")).Sum(s => s.GetProperty("spent_usd").GetDecimal()));
        foreach (var row in rows)
        {
            if (!all.TryGetValue(row.Place, out var told))
            {
                findings.Add(row.Place.ToString(), "scope in GET spend", Figures.Exact(row.SpentUsd), "none");
                continue;
            }
            if (told.GetProperty("version").GetInt64() > row.Version) { MovedOn++; continue; }
            findings.Compare(row.Place.ToString(), "version in GET spend", row.Version, told.GetProperty("version").GetInt64());
            findings.Compare(row.Place.ToString(), "spent_usd in GET spend", row.SpentUsd, told.GetProperty("spent_usd").GetDecimal());
            findings.Compare(row.Place.ToString(), "budget_usd in GET spend", row.BudgetUsd, told.GetProperty("budget_usd").AsDecimal());
        }
        foreach (var (place, told) in all.Where(s => rows.All(r => r.Place != s.Key) && s.Value.GetProperty("version").GetInt64() == 0))
            findings.Compare(place.ToString(), "spent_usd in GET spend, without a row", 0, told.GetProperty("spent_usd").GetDecimal());
    }
}
