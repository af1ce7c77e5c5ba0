namespace TokenSense.Tools.Audit;

/// <summary>A row of scope_spend: what Budgets believes, decides by and shows.</summary>
public sealed record SpendRow(Place Place, Guid WorkspaceId, string Stream, decimal SpentUsd, decimal? BudgetUsd, int[] Thresholds, long Revision, int[] Crossed, long Version)
{
    public static async Task<IReadOnlyDictionary<Place, SpendRow>> All(EventDatabase budgets, Guid? workspaceId, CancellationToken ct)
    {
        var rows = new Dictionary<Place, SpendRow>();
        await foreach (var row in budgets.Read(
            """
            select period, scope, scope_id, workspace_id, stream, spent_usd, budget_usd, thresholds, revision, crossed, version
            from scope_spend where $1 = '' or workspace_id::text = $1
            """, [workspaceId?.ToString() ?? ""], ct))
        {
            var place = new Place(row.GetString(0), row.GetString(1), row.GetGuid(2));
            rows[place] = new(place, row.GetGuid(3), row.GetString(4), row.GetDecimal(5), row.IsDBNull(6) ? null : row.GetDecimal(6),
                row.GetFieldValue<int[]>(7), row.GetInt64(8), row.GetFieldValue<int[]>(9), row.GetInt64(10));
        }
        return rows;
    }

    /// <summary>Each row must be what its stream says, and each stream must have its row.</summary>
    public static void Compare(IReadOnlyDictionary<Place, Month> months, IReadOnlyDictionary<Place, SpendRow> rows, Findings findings)
    {
        foreach (var (place, month) in months)
        {
            var where = place.ToString();
            findings.Compare(where, "crossed thresholds in the stream against those reached", month.Reached, month.Crossed);
            if (!rows.TryGetValue(place, out var row))
            {
                findings.Add(where, "row of scope_spend", Figures.Exact(month.SpentUsd), "none");
                continue;
            }
            findings.Compare(where, "spent_usd of scope_spend", month.SpentUsd, row.SpentUsd);
            findings.Compare(where, "budget_usd of scope_spend", month.BudgetUsd, row.BudgetUsd);
            findings.Compare(where, "thresholds of scope_spend", month.Thresholds, row.Thresholds);
            findings.Compare(where, "revision of scope_spend", month.Revision, row.Revision);
            findings.Compare(where, "crossed of scope_spend", month.Crossed, row.Crossed);
            if (row.Stream != month.Stream) findings.Add(where, "stream of scope_spend", month.Stream, row.Stream);
        }
        foreach (var row in rows.Values.Where(r => !months.ContainsKey(r.Place)))
            findings.Add(row.Place.ToString(), "events behind the row of scope_spend", row.Stream, "none");
    }
}
