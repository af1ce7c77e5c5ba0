using Marten;
using TokenSense.Budgets.Limits;
using TokenSense.Budgets.Spend;
using TokenSense.ServiceDefaults.Audit;

namespace TokenSense.Budgets;

/// <summary>The names by which events are stored, for ever, and which of them somebody made.</summary>
public static class StoredEvents
{
    public static readonly AuditCatalog Audited = new(
    [
        AuditedStream.Of<Budget, BudgetEvent>(
            (budget, happened) => Budget.Evolve(budget!, happened), b => new(b.Scope.Scope, $"{b.Scope.ScopeId}", null), b => b.Terms,
            [new("budget-set", "budget.set"), new("budget-removed", "budget.removed")],
            begin: happened => Budget.None(ScopeOf(happened))),
    ],
    MachineFacts: ["spend-accrued", "budget-applied", "threshold-crossed", "threshold-cleared"]);

    public static void Pin(StoreOptions options)
    {
        options.Events.MapEventType<BudgetEvent.BudgetSet>("budget-set");
        options.Events.MapEventType<BudgetEvent.BudgetRemoved>("budget-removed");
        options.Events.MapEventType<SpendEvent.SpendAccrued>("spend-accrued");
        options.Events.MapEventType<SpendEvent.BudgetApplied>("budget-applied");
        options.Events.MapEventType<SpendEvent.ThresholdCrossed>("threshold-crossed");
        options.Events.MapEventType<SpendEvent.ThresholdCleared>("threshold-cleared");
    }

    private static ScopeName ScopeOf(BudgetEvent happened) => happened switch
    {
        BudgetEvent.BudgetSet e => new(e.WorkspaceId, e.Scope, e.ScopeId),
        BudgetEvent.BudgetRemoved e => new(e.WorkspaceId, e.Scope, e.ScopeId),
        _ => throw new InvalidOperationException($"{happened.GetType().Name} names no scope."),
    };
}
