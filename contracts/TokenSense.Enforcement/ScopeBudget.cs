using TokenSense.Contracts;

namespace TokenSense.Enforcement;

/// <summary>One scope's budget in one month, as it stands. Immutable; everything a decision asks is computed once.</summary>
public sealed class ScopeBudget
{
    public const int WarningPercent = 80;
    private const decimal TimesMax = 1_000_000;
    private readonly ScopeSpend _owner;

    internal ScopeBudget(
        ScopeSpend owner, string scope, Guid id, string period, decimal spentUsd, decimal ownIncludedUsd, decimal budgetUsd, string? mode, DateTimeOffset resetsAt)
    {
        (_owner, Scope, Id, Period, SpentUsd, OwnIncludedUsd) = (owner, scope, id, period, spentUsd, ownIncludedUsd);
        (BudgetUsd, Mode, ResetsAt) = (budgetUsd, mode ?? "block", resetsAt);
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

    /// <summary>USD settled in the period.</summary>
    public decimal SpentUsd { get; }

    public decimal BudgetUsd { get; }

    /// <summary>What <see cref="SpentUsd"/> includes of this gateway's own usage, in its own figures.</summary>
    internal decimal OwnIncludedUsd { get; }

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

/// <summary>What is known of one scope's spend: the newest states of the two newest months that arrived, seen from the clock.</summary>
/// <remarks>
/// Two, because a month's first state may come before the month: usage may be dated five minutes ahead, and no two clocks are alike.
/// What arrived and what the clock makes of it are kept apart, so that the order of arrival never matters.
/// </remarks>
internal sealed class ScopeSpend(OwnMonths own)
{
    private volatile Received? _received;
    private volatile Rolled? _rolled;
    private volatile string? _name;

    public string? Name { get => _name; set => _name = value; }

    /// <summary>This gateway's own usage here. Under the workspace's <see cref="WorkspaceEntry.Flights"/>.</summary>
    public OwnMonths Own => own;

    public long? Epoch => _received?.State.Epoch;

    /// <summary>The budget in force at this time: null, none. After the month's end, the next month's with nothing spent.</summary>
    public ScopeBudget? At(DateTimeOffset now, PeriodCalendar calendar)
    {
        var received = _received;
        // The month before rules to its end. Where none is held, a newer one than the clock's is believed.
        if (received?.Before is { } before && now < before.State.ResetsAt) return before.Budget;
        if (received?.Budget is not { } budget || now < budget.ResetsAt) return received?.Budget;
        var rolled = _rolled;
        return rolled is not null && ReferenceEquals(rolled.From, received) && ReferenceEquals(rolled.Calendar, calendar)
            && now >= rolled.StartsAt && now < rolled.Budget.ResetsAt
            ? rolled.Budget
            : Roll(received, budget, now, calendar);
    }

    /// <param name="state">As it arrived.</param>
    /// <param name="run">The gateway whose own usage is told from the rest; null: none.</param>
    /// <param name="arrivedAs">As <see cref="Received.ArrivedAs"/> counts.</param>
    /// <returns>False: repeated or overtaken.</returns>
    public bool Replace(SpendChanged state, GatewayRun? run, long arrivedAs)
    {
        var held = _received;
        // Where it says nothing of this run, what was said before stands; and as totals of an epoch only grow, the larger one does, by whichever state.
        var said = state.Included.FirstOrDefault(i => i.Gateway == run?.GatewayId && i.Epoch == run.Epoch)?.CostUsd ?? 0;
        var included = held?.State.Epoch == state.Epoch ? Math.Max(said, OwnIncludedUsd(state.Period)) : said;
        var merged = Merge(held, new(state, included, BudgetOf(state, included), arrivedAs, Before: null));
        if (merged is not null && held is not null && state.Epoch == held.State.Epoch) merged = IncludeMore(merged, state.Period, included);
        if (ReferenceEquals(merged, held)) return false;
        _received = merged;
        return true;
    }

    private Received IncludeMore(Received received, string period, decimal includedUsd)
    {
        if (received.Before is { } before && IncludeMore(before, period, includedUsd) is var more && !ReferenceEquals(more, before)) return received with { Before = more };
        return received.State.Period == period && received.OwnIncludedUsd < includedUsd
            ? received with { OwnIncludedUsd = includedUsd, Budget = BudgetOf(received.State, includedUsd) }
            : received;
    }

    private ScopeBudget? BudgetOf(SpendChanged state, decimal ownIncludedUsd) =>
        state.BudgetUsd is { } amount
            ? new(this, state.Scope, state.ScopeId, state.Period, state.SpentUsd, ownIncludedUsd, amount, state.Mode, state.ResetsAt)
            : null;

    /// <summary>What the spend of a month includes of this gateway's own usage, as far as is known.</summary>
    public decimal OwnIncludedUsd(string period) =>
        _received is not { } newest ? 0
        : newest.State.Period == period ? newest.OwnIncludedUsd
        : newest.Before is { } before && before.State.Period == period ? before.OwnIncludedUsd
        : 0;

    /// <summary>Drops what arrived up to there, as <see cref="Received.ArrivedAs"/> counts.</summary>
    public void Forget(long arrivedUpTo)
    {
        if (_received is not { } newest) return;
        var before = newest.Before is { } b && b.ArrivedAs > arrivedUpTo ? b : null;
        _received = newest.ArrivedAs > arrivedUpTo ? newest with { Before = before } : before;
    }

    // Of the newest epoch the two newest months, of each its highest version: a maximum, whatever the order.
    private static Received Merge(Received? held, Received arrived)
    {
        if (held is null || arrived.State.Epoch > held.State.Epoch) return arrived;
        if (arrived.State.Epoch < held.State.Epoch) return held;
        return string.CompareOrdinal(arrived.State.Period, held.State.Period) switch
        {
            > 0 => arrived with { Before = held with { Before = null } },
            0 => arrived.State.Version > held.State.Version ? arrived with { Before = held.Before } : held,
            _ when held.Before is { } before && Compare(arrived.State, before.State) <= 0 => held,
            _ => held with { Before = arrived },
        };
    }

    private static int Compare(SpendChanged a, SpendChanged b) =>
        a.Period != b.Period ? string.CompareOrdinal(a.Period, b.Period) : a.Version.CompareTo(b.Version);

    private ScopeBudget Roll(Received from, ScopeBudget ended, DateTimeOffset now, PeriodCalendar calendar)
    {
        // The received end of the month rules; the calendar may not yet know of a changed zone.
        var (period, startsAt) = (calendar.Next(ended.Period), ended.ResetsAt);
        while (calendar.EndsAt(period) is var end && end <= now) (period, startsAt) = (calendar.Next(period), end);
        var budget = new ScopeBudget(this, ended.Scope, ended.Id, period, 0, 0, ended.BudgetUsd, ended.Mode, calendar.EndsAt(period));
        _rolled = new(from, calendar, startsAt, budget);
        return budget;
    }

    /// <param name="ArrivedAs">When it arrived, in the order of arrivals.</param>
    /// <param name="Before">The newest earlier month that is known, without one before it.</param>
    private sealed record Received(SpendChanged State, decimal OwnIncludedUsd, ScopeBudget? Budget, long ArrivedAs, Received? Before);
    private sealed record Rolled(Received From, PeriodCalendar Calendar, DateTimeOffset StartsAt, ScopeBudget Budget);
}
