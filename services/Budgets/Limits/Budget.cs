using System.Collections.Immutable;
using static TokenSense.Budgets.Limits.BudgetEvent;

namespace TokenSense.Budgets.Limits;

public sealed record SetBudget(decimal AmountUsd, string Mode, ImmutableArray<int> Thresholds, DateTimeOffset At);
public sealed record RemoveBudget(DateTimeOffset At);

// Events are the stored format: members are added, never renamed or removed.
public abstract record BudgetEvent(DateTimeOffset At)
{
    public sealed record BudgetSet(
        Guid WorkspaceId, string Scope, Guid ScopeId, decimal AmountUsd, string Mode, ImmutableArray<int> Thresholds, long Revision, DateTimeOffset At) : BudgetEvent(At);
    public sealed record BudgetRemoved(Guid WorkspaceId, string Scope, Guid ScopeId, long Revision, DateTimeOffset At) : BudgetEvent(At);
}

/// <summary>The standing monthly budget of one scope: the stream <c>budget-{scope}-{id}</c>, folded.</summary>
public sealed record Budget(ScopeName Scope, BudgetTerms? Terms, long Revision)
{
    public const decimal AmountUsdMax = 999_999_999_999m;

    public static readonly ImmutableArray<int> DefaultThresholds = [80, 100];
    public static readonly ImmutableArray<string> Modes = [Mode.Block, Mode.Alert, Mode.Strict];

    public static Budget None(ScopeName scope) => new(scope, null, 0);

    public string Stream => $"budget-{Scope.Scope}-{Scope.ScopeId}";

    public static IEnumerable<BudgetEvent> Decide(SetBudget c, Budget budget)
    {
        // Product decision 3: whatever blocks says so at 100.
        var thresholds = c.Mode == Mode.Alert ? c.Thresholds : c.Thresholds.Add(100);
        var terms = new BudgetTerms(c.AmountUsd, c.Mode, [.. thresholds.Distinct().Order()]);
        return terms.Same(budget.Terms)
            ? []
            : [new BudgetSet(budget.Scope.WorkspaceId, budget.Scope.Scope, budget.Scope.ScopeId, terms.AmountUsd, terms.Mode, terms.Thresholds, budget.Revision + 1, c.At)];
    }

    public static IEnumerable<BudgetEvent> Decide(RemoveBudget c, Budget budget) =>
        budget.Terms is null
            ? []
            : [new BudgetRemoved(budget.Scope.WorkspaceId, budget.Scope.Scope, budget.Scope.ScopeId, budget.Revision + 1, c.At)];

    public static Budget Evolve(Budget budget, BudgetEvent happened) => happened switch
    {
        BudgetSet e => budget with { Terms = new(e.AmountUsd, e.Mode, e.Thresholds), Revision = e.Revision },
        BudgetRemoved e => budget with { Terms = null, Revision = e.Revision },
        _ => throw new InvalidOperationException($"Budget cannot fold {happened.GetType().Name}."),
    };
}

/// <summary>What a budget says: USD a month, how it holds, and the percentages that are told.</summary>
public sealed record BudgetTerms(decimal AmountUsd, string Mode, ImmutableArray<int> Thresholds)
{
    public bool Same(BudgetTerms? other) =>
        other is not null && AmountUsd == other.AmountUsd && Mode == other.Mode && Thresholds.SequenceEqual(other.Thresholds);
}

/// <summary>How a budget holds (product decision 5).</summary>
public static class Mode
{
    public const string Block = "block";
    public const string Alert = "alert";
    public const string Strict = "strict";
}

/// <param name="WorkspaceId">Where the scope lies.</param>
/// <param name="Scope"><c>workspace</c>, <c>project</c> or <c>key</c>.</param>
/// <param name="ScopeId">The workspace's, project's or key's id.</param>
public sealed record ScopeName(Guid WorkspaceId, string Scope, Guid ScopeId)
{
    public const string Workspace = "workspace";
    public const string Project = "project";
    public const string Key = "key";
}
