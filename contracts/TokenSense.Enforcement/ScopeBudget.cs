using TokenSense.Contracts;

namespace TokenSense.Enforcement;

/// <summary>One scope's budget in one month, as it stands. Immutable; everything a decision asks is computed once.</summary>
public sealed class ScopeBudget
{
    public const int WarningPercent = 80;
    private const decimal TimesMax = 1_000_000;
    private readonly ScopeSpend _owner;

    internal ScopeBudget(ScopeSpend owner, string scope, Guid id, string period, decimal spentUsd, decimal budgetUsd, string? mode, DateTimeOffset resetsAt)
    {
        (_owner, Scope, Id, Period, SpentUsd, BudgetUsd, Mode, ResetsAt) = (owner, scope, id, period, spentUsd, budgetUsd, mode ?? "block", resetsAt);
        // A mode from a later version is taken as blocking: the careful reading. Strict blocks likewise until it spends from leases.
        Blocks = Mode != "alert";
        // A budget of 0 allows nothing, even where a refund took spend below it.
        IsExhausted = budgetUsd <= 0 || spentUsd >= budgetUsd;
        // Compared by multiplication: a division would round where an exact decimal must not.
        IsWarning = IsExhausted || spentUsd * 100 >= budgetUsd * WarningPercent;
        RemainingUsd = IsExhausted ? 0 : budgetUsd - spentUsd;
        // Cut, not rounded, so that 100 is never said before it is reached; and bounded, because a decimal overflows.
        Percent = budgetUsd <= 0 ? null
            : spentUsd >= budgetUsd * TimesMax ? TimesMax * 100
            : Math.Round(spentUsd / budgetUsd * 100, 2, MidpointRounding.ToZero);
    }

    /// <summary><c>workspace</c>, <c>project</c> or <c>key</c>.</summary>
    public string Scope { get; }

    public Guid Id { get; }

    /// <summary>As known now; null while only its budget has arrived.</summary>
    public string? Name => _owner.Name;

    /// <summary><c>yyyy-MM</c></summary>
    public string Period { get; }

    public decimal SpentUsd { get; }
    public decimal BudgetUsd { get; }

    /// <summary>Never below 0.</summary>
    public decimal RemainingUsd { get; }

    /// <summary>Of the budget, with two decimals; null for a budget of 0.</summary>
    public decimal? Percent { get; }

    /// <summary><c>block</c>, <c>alert</c> or <c>strict</c>.</summary>
    public string Mode { get; }

    /// <summary>The first instant of the next period.</summary>
    public DateTimeOffset ResetsAt { get; }

    /// <summary>Whether it refuses calls once it is used up.</summary>
    public bool Blocks { get; }

    /// <summary>Spend has reached the budget; equal counts as reached.</summary>
    public bool IsExhausted { get; }

    /// <summary>Spend has reached 80 % of the budget, whichever thresholds send alerts.</summary>
    public bool IsWarning { get; }
}

/// <summary>What is known of one scope's spend: the newest state that arrived, seen from the clock.</summary>
/// <remarks>What arrived and what the clock makes of it are kept apart, so that the order of arrival never matters.</remarks>
internal sealed class ScopeSpend
{
    private volatile Received? _received;
    private volatile Rolled? _rolled;
    private volatile string? _name;

    public string? Name { get => _name; set => _name = value; }

    /// <summary>When the held state arrived, in the order of arrivals.</summary>
    public long ArrivedAs => _received?.ArrivedAs ?? 0;

    public long? Epoch => _received?.State.Epoch;

    /// <summary>The budget in force at this time: null, none. After the month's end, the next month's with nothing spent.</summary>
    public ScopeBudget? At(DateTimeOffset now, PeriodCalendar calendar)
    {
        var received = _received;
        if (received?.Budget is not { } budget || now < budget.ResetsAt) return received?.Budget;
        var rolled = _rolled;
        return rolled is not null && ReferenceEquals(rolled.From, received) && ReferenceEquals(rolled.Calendar, calendar)
            && now >= rolled.StartsAt && now < rolled.Budget.ResetsAt
            ? rolled.Budget
            : Roll(received, budget, now, calendar);
    }

    /// <returns>False: repeated or overtaken.</returns>
    public bool Replace(SpendChanged state, long arrivedAs)
    {
        if (_received is { } held && Compare(state, held.State) <= 0) return false;
        var budget = state.BudgetUsd is { } amount
            ? new ScopeBudget(this, state.Scope, state.ScopeId, state.Period, state.SpentUsd, amount, state.Mode, state.ResetsAt)
            : null;
        _received = new(state, budget, arrivedAs);
        return true;
    }

    public void Forget() => _received = null;

    private static int Compare(SpendChanged a, SpendChanged b) =>
        a.Epoch != b.Epoch ? a.Epoch.CompareTo(b.Epoch)
        : a.Period != b.Period ? string.CompareOrdinal(a.Period, b.Period)
        : a.Version.CompareTo(b.Version);

    private ScopeBudget Roll(Received from, ScopeBudget ended, DateTimeOffset now, PeriodCalendar calendar)
    {
        // The received end of the month rules; the calendar may not yet know of a changed zone.
        var (period, startsAt) = (calendar.Next(ended.Period), ended.ResetsAt);
        while (calendar.EndsAt(period) is var end && end <= now) (period, startsAt) = (calendar.Next(period), end);
        var budget = new ScopeBudget(this, ended.Scope, ended.Id, period, 0, ended.BudgetUsd, ended.Mode, calendar.EndsAt(period));
        _rolled = new(from, calendar, startsAt, budget);
        return budget;
    }

    private sealed record Received(SpendChanged State, ScopeBudget? Budget, long ArrivedAs);
    private sealed record Rolled(Received From, PeriodCalendar Calendar, DateTimeOffset StartsAt, ScopeBudget Budget);
}
