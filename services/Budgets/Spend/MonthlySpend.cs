using System.Collections.Immutable;
using TokenSense.Budgets.Limits;
using TokenSense.Contracts;
using static TokenSense.Budgets.Spend.SpendEvent;

namespace TokenSense.Budgets.Spend;

// Commands carry everything a decision needs: nothing in this file reads a clock, a bus or a database.
public sealed record Accrue(Guid CauseId, ImmutableArray<Charge> Charges, DateTimeOffset At);
public sealed record ApplyBudget(Guid? KeyId, BudgetTerms? Terms, long Revision, DateTimeOffset At);

/// <param name="KeyId">Null where the key's total rides in another stream.</param>
/// <param name="CostUsd">May be negative (a correction).</param>
/// <param name="Usage">The call, named in a crossing.</param>
/// <param name="Own">The call in its gateway's own count; null where no gateway counts it.</param>
public sealed record Charge(Guid? KeyId, decimal CostUsd, UsageReference Usage, GatewayFigure? Own = null);

// Events are the stored format: members are added, never renamed or removed. KeyId null means the stream's own scope.
public abstract record SpendEvent
{
    public sealed record SpendAccrued(
        Guid CauseId, decimal CostUsd, decimal SpentUsd, int Charges, ImmutableArray<KeyAccrual> Keys, UsageReference LastUsage, DateTimeOffset At) : SpendEvent;
    public sealed record BudgetApplied(Guid? KeyId, decimal? AmountUsd, string? Mode, ImmutableArray<int> Thresholds, long Revision, DateTimeOffset At) : SpendEvent;
    public sealed record ThresholdCrossed(
        Guid? KeyId, int Percent, decimal SpentUsd, decimal BudgetUsd, string Mode, long Revision, UsageReference? By, DateTimeOffset At) : SpendEvent;
    public sealed record ThresholdCleared(Guid? KeyId, int Percent, decimal SpentUsd, decimal? BudgetUsd, long Revision, DateTimeOffset At) : SpendEvent;
}

/// <summary>What one key's part of an accrual was, and its running total.</summary>
public sealed record KeyAccrual(Guid KeyId, decimal CostUsd, decimal SpentUsd);

/// <summary>One workspace or project in one month, and the keys whose totals ride with it: the stream <c>spend-{scope}-{id}-{yyyy-MM}</c>, folded.</summary>
/// <remarks>
/// A decision needs only the keys that the command touches; others may be left out of <see cref="Keys"/>.
/// An accrual decided twice would count twice: the cause's id is claimed in the transaction that appends it.
/// </remarks>
public sealed record MonthlySpend(ScopeSpend Own, ImmutableDictionary<Guid, ScopeSpend> Keys)
{
    public static readonly MonthlySpend None = new(ScopeSpend.None, ImmutableDictionary<Guid, ScopeSpend>.Empty);

    public static IEnumerable<SpendEvent> Decide(Accrue c, MonthlySpend month)
    {
        if (c.Charges.IsEmpty) yield break;
        var cost = c.Charges.Sum(charge => charge.CostUsd);
        var byKey = c.Charges.Where(charge => charge.KeyId is not null).GroupBy(charge => charge.KeyId!.Value).OrderBy(key => key.Key).ToList();
        ImmutableArray<KeyAccrual> keys =
            [.. byKey.Select(key => new KeyAccrual(key.Key, key.Sum(k => k.CostUsd), month.Key(key.Key).SpentUsd + key.Sum(k => k.CostUsd)))];
        yield return new SpendAccrued(c.CauseId, cost, month.Own.SpentUsd + cost, c.Charges.Length, keys, c.Charges[^1].Usage, c.At);
        foreach (var told in month.Own.Follow(null, c.Charges, c.At)) yield return told;
        foreach (var key in byKey)
            foreach (var told in month.Key(key.Key).Follow(key.Key, [.. key], c.At))
                yield return told;
    }

    public static IEnumerable<SpendEvent> Decide(ApplyBudget c, MonthlySpend month)
    {
        var before = month.Scope(c.KeyId);
        if (c.Revision <= before.Revision) yield break;
        var applied = new BudgetApplied(c.KeyId, c.Terms?.AmountUsd, c.Terms?.Mode, c.Terms?.Thresholds ?? [], c.Revision, c.At);
        yield return applied;
        foreach (var told in Evolve(month, applied).Scope(c.KeyId).Follow(c.KeyId, [], c.At)) yield return told;
    }

    public static MonthlySpend Evolve(MonthlySpend month, SpendEvent happened) => happened switch
    {
        SpendAccrued e => e.Keys.Aggregate(
            month with { Own = month.Own with { SpentUsd = month.Own.SpentUsd + e.CostUsd } },
            (m, key) => m.With(key.KeyId, m.Key(key.KeyId) with { SpentUsd = m.Key(key.KeyId).SpentUsd + key.CostUsd })),
        BudgetApplied e => month.With(e.KeyId, month.Scope(e.KeyId) with
        {
            Terms = e.AmountUsd is { } amount ? new(amount, e.Mode!, e.Thresholds) : null,
            Revision = e.Revision,
        }),
        SpendEvent.ThresholdCrossed e => month.With(e.KeyId, month.Scope(e.KeyId) with { Crossed = month.Scope(e.KeyId).Crossed.Add(e.Percent) }),
        SpendEvent.ThresholdCleared e => month.With(e.KeyId, month.Scope(e.KeyId) with { Crossed = month.Scope(e.KeyId).Crossed.Remove(e.Percent) }),
        _ => throw new InvalidOperationException($"MonthlySpend cannot fold {happened.GetType().Name}."),
    };

    public ScopeSpend Scope(Guid? keyId) => keyId is { } key ? Key(key) : Own;

    private ScopeSpend Key(Guid keyId) => Keys.GetValueOrDefault(keyId, ScopeSpend.None);

    private MonthlySpend With(Guid? keyId, ScopeSpend scope) =>
        keyId is { } key ? this with { Keys = Keys.SetItem(key, scope) } : this with { Own = scope };
}

/// <summary>One scope's month: what it spent, against what, and which thresholds stand crossed.</summary>
public sealed record ScopeSpend(decimal SpentUsd, BudgetTerms? Terms, long Revision, ImmutableSortedSet<int> Crossed)
{
    public static readonly ScopeSpend None = new(0, null, 0, []);

    /// <summary>What the thresholds say once these charges are added: crossed in ascending order, each at the charge that reached it.</summary>
    public IEnumerable<SpendEvent> Follow(Guid? keyId, ImmutableArray<Charge> charges, DateTimeOffset at)
    {
        var after = this with { SpentUsd = SpentUsd + charges.Sum(charge => charge.CostUsd) };
        var thresholds = Terms?.Thresholds ?? [];
        foreach (var percent in thresholds.Union(Crossed).Order())
        {
            var (reached, crossed) = (after.Reaches(percent), Crossed.Contains(percent));
            if (reached && !crossed)
            {
                var (by, spent) = FirstToReach(percent, charges) ?? (null, after.SpentUsd);
                yield return new SpendEvent.ThresholdCrossed(keyId, percent, spent, Terms!.AmountUsd, Terms.Mode, Revision, by, at);
            }
            if (!reached && crossed) yield return new SpendEvent.ThresholdCleared(keyId, percent, after.SpentUsd, Terms?.AmountUsd, Revision, at);
        }
    }

    // Compared by multiplication: a division would round where an exact decimal must not. A budget of 0 is reached at 100 and nowhere else.
    private bool Reaches(int percent) =>
        Terms is { } terms && terms.Thresholds.Contains(percent)
        && (terms.AmountUsd == 0 ? percent == 100 : SpentUsd * 100 >= terms.AmountUsd * percent);

    private (UsageReference? By, decimal SpentUsd)? FirstToReach(int percent, ImmutableArray<Charge> charges)
    {
        var running = this;
        foreach (var charge in charges)
        {
            running = running with { SpentUsd = running.SpentUsd + charge.CostUsd };
            if (running.Reaches(percent)) return (charge.Usage, running.SpentUsd);
        }
        return null;
    }
}
