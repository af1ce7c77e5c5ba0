using System.Text.Json;

namespace TokenSense.Tools.Audit;

/// <summary>What the management API exports of each month, beside the recorded lines that it should be made of.</summary>
public sealed class ApiExport(ConsoleApi api, Findings findings)
{
    public int Answers { get; private set; }

    /// <summary>Months that moved on between the database's moment and the API's answer: nothing can be said of them.</summary>
    public int MovedOn { get; private set; }

    /// <param name="revisions">Of each month, at the moment of the fold.</param>
    public async Task Compare(
        IReadOnlyDictionary<DayKey, DayTotal> folded, IReadOnlyDictionary<(Guid Workspace, string Period), long> revisions, IReadOnlySet<Guid> mine, CancellationToken ct)
    {
        foreach (var month in folded.Where(d => mine.Contains(d.Key.WorkspaceId)).GroupBy(d => (Workspace: d.Key.WorkspaceId, d.Key.Period)))
        {
            var answer = await api.Get($"workspaces/{month.Key.Workspace}/export?period={month.Key.Period}&format=json", ct);
            Answers++;
            Compare(month.Key.Workspace, month.Key.Period, answer, [.. month], revisions.GetValueOrDefault(month.Key));
        }
    }

    public void Compare(Guid workspaceId, string period, JsonElement answer, IReadOnlyList<KeyValuePair<DayKey, DayTotal>> folded, long revision)
    {
        var where = $"{period} workspace {workspaceId}";
        if (answer.GetProperty("revision").GetInt64() > revision) { MovedOn++; return; }
        findings.Compare(where, "revision of the export", revision, answer.GetProperty("revision").GetInt64());
        var checksum = PeriodForm.Checksum(workspaceId, period, folded);
        if (answer.GetProperty("checksum").GetString() is var told && told != checksum) findings.Add(where, "checksum of the export", checksum, told ?? "none");

        var should = folded.GroupBy(d => (d.Key.ProjectId, d.Key.Provider, d.Key.Model))
            .ToDictionary(g => g.Key, g => g.Aggregate(default(DayTotal), (sum, day) => sum + day.Value));
        var rows = answer.GetProperty("rows").EnumerateArray().ToDictionary(r => (
            ProjectId: r.GetProperty("project_id").AsGuid() ?? Guid.Empty, Provider: r.GetProperty("provider").GetString()!, Model: r.GetProperty("model").GetString()!));
        foreach (var key in should.Keys.Union(rows.Keys))
        {
            var row = $"{period} project {key.ProjectId} {key.Provider} {key.Model}";
            var sum = should.GetValueOrDefault(key);
            var hasRow = rows.TryGetValue(key, out var does);
            findings.Compare(row, "cost_usd of the export", sum.CostUsd, hasRow ? does.GetProperty("cost_usd").GetDecimal() : null);
            findings.Compare(row, "requests of the export", sum.Requests, hasRow ? does.GetProperty("requests").GetInt64() : null);
        }
        var total = folded.Sum(d => d.Value.CostUsd);
        var rounded = decimal.Floor(total * 100 + 0.5m) / 100;
        findings.Compare(where, "total_cost_usd of the export", total, answer.GetProperty("total_cost_usd").GetDecimal());
        findings.Compare(where, "total_amount_usd of the export", rounded, answer.GetProperty("total_amount_usd").GetDecimal());
        findings.Compare(where, "amount_usd of the export's rows, in sum", rounded, rows.Values.Sum(r => r.GetProperty("amount_usd").GetDecimal()));
    }
}
