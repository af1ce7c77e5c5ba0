namespace TokenSense.Tools.Audit;

/// <summary>Reads Budgets' database: spend streams, the rows folded from them, and the budgets in force.</summary>
public sealed class BudgetsAudit(EventDatabase budgets, Guid? workspaceId, Findings findings)
{
    private const string OfWorkspace =
        """
        $2 = '' or (type in ('budget-set', 'budget-removed') and data ->> 'workspaceId' = $2)
        or stream_id like 'spend-workspace-' || $2 || '-%'
        or stream_id in (select stream from scope_spend where workspace_id::text = $2)
        """;

    public async Task<(SpendFold Fold, IReadOnlyDictionary<Place, SpendRow> Rows)> Run(CancellationToken ct)
    {
        var (spend, standing) = (new SpendFold(findings), new StandingBudgets());
        var unknown = new Dictionary<string, long>();
        await foreach (var page in budgets.Pages(OfWorkspace, [workspaceId?.ToString() ?? ""], ct))
        {
            foreach (var stored in page)
                switch (stored.Type)
                {
                    case "spend-accrued" or "budget-applied" or "threshold-crossed" or "threshold-cleared": spend.Add(stored); break;
                    case "budget-set" or "budget-removed": standing.Add(stored); break;
                    default: unknown[stored.Type] = unknown.GetValueOrDefault(stored.Type) + 1; break;
                }
            await Causes(page, ct);
        }
        foreach (var (type, count) in unknown) findings.Add("budgets", "events of a type that this audit does not know", "0", $"{count} × {type}");
        var rows = await SpendRow.All(budgets, workspaceId, ct);
        SpendRow.Compare(spend.Months, rows, findings);
        await standing.Compare(budgets, workspaceId, findings, ct);
        return (spend, rows);
    }

    // Money enters by a claimed message and by nothing else.
    private async Task Causes(IReadOnlyList<StoredEvent> page, CancellationToken ct)
    {
        var causes = page.Where(e => e.Type == "spend-accrued").ToLookup(e => e.Data.GetProperty("causeId").GetGuid());
        if (causes.Count == 0) return;
        var claimed = new HashSet<Guid>();
        await foreach (var row in budgets.Read("select message_id from claimed_messages where message_id = any($1)", [causes.Select(c => c.Key).ToArray()], ct))
            claimed.Add(row.GetGuid(0));
        foreach (var stored in causes.Where(c => !claimed.Contains(c.Key)).SelectMany(c => c))
            findings.Add($"{stored.Stream}, event {stored.Sequence}", "message that caused the accrual", "claimed", "not claimed");
    }
}
