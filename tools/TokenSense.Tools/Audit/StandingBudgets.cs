namespace TokenSense.Tools.Audit;

/// <summary>The budgets in force, out of their own streams, beside the table that new months start from.</summary>
public sealed class StandingBudgets
{
    private readonly Dictionary<(string Scope, Guid Id), (decimal? AmountUsd, int[] Thresholds, long Revision)> _budgets = [];

    public int Count => _budgets.Count;

    public void Add(StoredEvent stored)
    {
        var data = stored.Data;
        var isSet = stored.Type == "budget-set";
        _budgets[(data.GetProperty("scope").GetString()!, data.GetProperty("scopeId").GetGuid())] = (
            isSet ? data.GetProperty("amountUsd").GetDecimal() : null,
            isSet ? [.. data.GetProperty("thresholds").EnumerateArray().Select(t => t.GetInt32())] : [],
            data.GetProperty("revision").GetInt64());
    }

    public async Task Compare(EventDatabase budgets, Guid? workspaceId, Findings findings, CancellationToken ct)
    {
        var unseen = _budgets.Keys.ToHashSet();
        await foreach (var row in budgets.Read(
            "select scope, scope_id, amount_usd, thresholds, revision from budgets where $1 = '' or workspace_id::text = $1", [workspaceId?.ToString() ?? ""], ct))
        {
            var scope = (Scope: row.GetString(0), Id: row.GetGuid(1));
            var where = $"budget of {scope.Scope} {scope.Id}";
            unseen.Remove(scope);
            if (!_budgets.TryGetValue(scope, out var budget))
            {
                findings.Add(where, "events behind the row of budgets", "some", "none");
                continue;
            }
            findings.Compare(where, "amount_usd of budgets", budget.AmountUsd, row.IsDBNull(2) ? null : row.GetDecimal(2));
            findings.Compare(where, "thresholds of budgets", budget.Thresholds, row.GetFieldValue<int[]>(3));
            findings.Compare(where, "revision of budgets", budget.Revision, row.GetInt64(4));
        }
        foreach (var (scope, id) in unseen) findings.Add($"budget of {scope} {id}", "row of budgets", "one", "none");
    }
}
