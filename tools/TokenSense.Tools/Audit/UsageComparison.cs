namespace TokenSense.Tools.Audit;

/// <summary>Recorded usage beside what was made of it: Metering's rollups and listed lines, Budgets' spend, and what of gateways' own usage it includes.</summary>
public static class UsageComparison
{
    public static void Days(IReadOnlyDictionary<DayKey, DayTotal> folded, IReadOnlyDictionary<DayKey, DayTotal> rows, Findings findings)
    {
        foreach (var day in folded.Keys.Union(rows.Keys))
        {
            // A row that is missing is one of zeros: each of its figures is told.
            var (should, does) = (folded.GetValueOrDefault(day), rows.GetValueOrDefault(day));
            findings.Compare(day.ToString(), "requests of usage_days", should.Requests, does.Requests);
            findings.Compare(day.ToString(), "input_tokens of usage_days", should.InputTokens, does.InputTokens);
            findings.Compare(day.ToString(), "output_tokens of usage_days", should.OutputTokens, does.OutputTokens);
            findings.Compare(day.ToString(), "cost_usd of usage_days", should.CostUsd, does.CostUsd);
            findings.Compare(day.ToString(), "unpriced of usage_days", should.Unpriced, does.Unpriced);
        }
    }

    public static void Lines(
        IReadOnlyDictionary<DayKey, DayTotal> folded, IReadOnlyDictionary<(Guid Workspace, string Period), (long Lines, decimal CostUsd)> rows, Findings findings)
    {
        var months = folded.GroupBy(d => (Workspace: d.Key.WorkspaceId, d.Key.Period))
            .ToDictionary(m => m.Key, m => (Lines: m.Sum(d => d.Value.Requests), CostUsd: m.Sum(d => d.Value.CostUsd)));
        foreach (var month in months.Keys.Union(rows.Keys))
        {
            var (should, does) = (months.GetValueOrDefault(month), rows.GetValueOrDefault(month));
            findings.Compare($"{month.Period} workspace {month.Workspace}", "lines of usage_lines", should.Lines, does.Lines);
            findings.Compare($"{month.Period} workspace {month.Workspace}", "cost_usd of usage_lines", should.CostUsd, does.CostUsd);
        }
    }

    public static void Included(IReadOnlyDictionary<RunKey, RunTotal> folded, IReadOnlyDictionary<RunKey, RunTotal> rows, Findings findings)
    {
        foreach (var run in folded.Keys.Union(rows.Keys))
        {
            var (should, does) = (folded.GetValueOrDefault(run), rows.GetValueOrDefault(run));
            findings.Compare(run.ToString(), "lines of included_usage", should.Lines, does.Lines);
            findings.Compare(run.ToString(), "cost_usd of included_usage", should.CostUsd, does.CostUsd);
        }
    }

    public static void Spend(IReadOnlyDictionary<Place, (decimal CostUsd, long Lines)> recorded, IReadOnlyDictionary<Place, Month> spent, Findings findings)
    {
        foreach (var place in recorded.Keys.Union(spent.Keys))
        {
            var (cost, lines) = recorded.GetValueOrDefault(place);
            var month = spent.GetValueOrDefault(place);
            findings.Compare(place.ToString(), "spend against the recorded lines that Budgets claimed", cost, month?.SpentUsd ?? 0);
            if (place.Scope != Place.Key) findings.Compare(place.ToString(), "charges against the recorded lines that Budgets claimed", lines, month?.Lines ?? 0);
        }
    }
}
