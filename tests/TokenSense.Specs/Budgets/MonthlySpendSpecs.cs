using System.Collections.Immutable;
using CsCheck;
using Shouldly;
using TokenSense.Budgets.Limits;
using TokenSense.Budgets.Spend;
using TokenSense.Contracts;
using Xunit;
using static TokenSense.Budgets.Spend.SpendEvent;
using ThresholdCleared = TokenSense.Budgets.Spend.SpendEvent.ThresholdCleared;
using ThresholdCrossed = TokenSense.Budgets.Spend.SpendEvent.ThresholdCrossed;

namespace TokenSense.Specs.Budgets;

public sealed class MonthlySpendSpecs
{
    private static readonly DateTimeOffset At = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid Key = new("33333333-3333-3333-3333-333333333333");

    [Fact]
    public void Spend_equal_to_eighty_percent_crosses_eighty() =>
        Given(Budget(100m)).When(Spend(80m)).ShouldTell("crossed 80 at 80");

    [Fact]
    public void Spend_a_hair_below_eighty_percent_tells_nothing() =>
        Given(Budget(100m)).When(Spend(79.999999999999m)).ShouldTell();

    [Fact]
    public void Spend_equal_to_the_budget_is_exhausted() =>
        Given(Budget(100m), Spent(90m), Crossed(80)).When(Spend(10m)).ShouldTell("crossed 100 at 100");

    [Fact]
    public void One_jump_crosses_every_threshold_it_passes_in_ascending_order() =>
        Given(Budget(100m, 50, 80, 100)).When(Spend(120m)).ShouldTell("crossed 50 at 120", "crossed 80 at 120", "crossed 100 at 120");

    [Fact]
    public void A_threshold_that_stands_crossed_is_not_crossed_again() =>
        Given(Budget(100m), Spent(85m), Crossed(80)).When(Spend(1m)).ShouldTell();

    [Fact]
    public void The_call_that_crossed_is_named_with_the_spend_right_after_it() =>
        Given(Budget(100m)).When(new Accrue(Guid.NewGuid(), [Charge(50m, "a"), Charge(31m, "b"), Charge(5m, "c"), Charge(40m, "d")], At))
            .ShouldTell("crossed 80 at 81 by b", "crossed 100 at 126 by d");

    [Fact]
    public void A_larger_budget_clears_what_is_no_longer_reached_and_keeps_the_rest() =>
        Given(Budget(100m), Spent(105m), Crossed(80), Crossed(100)).When(Apply(110m)).ShouldTell("cleared 100 at 105");

    [Fact]
    public void A_smaller_budget_crosses_at_once_what_the_spend_now_reaches() =>
        Given(Budget(100m), Spent(50m)).When(Apply(50m)).ShouldTell("crossed 80 at 50", "crossed 100 at 50");

    [Fact]
    public void A_removed_budget_clears_everything() =>
        Given(Budget(100m), Spent(105m), Crossed(80), Crossed(100)).When(new ApplyBudget(null, null, 9, At)).ShouldTell("cleared 80 at 105", "cleared 100 at 105");

    [Fact]
    public void A_cleared_threshold_is_armed_again() =>
        Given(Budget(100m), Spent(105m), Crossed(80), Crossed(100), Applied(200m, 2), Cleared(80), Cleared(100))
            .When(Spend(60m)).ShouldTell("crossed 80 at 165");

    [Fact]
    public void A_refund_below_a_threshold_clears_it() =>
        Given(Budget(100m), Spent(82m), Crossed(80)).When(Spend(-5m)).ShouldTell("cleared 80 at 77");

    [Fact]
    public void A_budget_of_zero_crosses_one_hundred_and_only_one_hundred_at_once() =>
        Given().When(Apply(0m)).ShouldTell("crossed 100 at 0");

    [Fact]
    public void No_budget_tells_nothing() => Given().When(Spend(1_000_000m)).ShouldTell();

    [Fact]
    public void An_older_revision_of_a_budget_changes_nothing() =>
        MonthlySpend.Decide(new ApplyBudget(null, Terms(1m), 1, At), Given(Budget(100m)).State).ShouldBeEmpty();

    [Fact]
    public void The_running_total_stands_in_each_accrual()
    {
        var accrued = (SpendAccrued)MonthlySpend.Decide(Spend(2.5m), Given(Spent(10m)).State).First();
        (accrued.CostUsd, accrued.SpentUsd).ShouldBe((2.5m, 12.5m));
    }

    [Fact]
    public void A_keys_total_rides_in_the_stream_and_its_own_budget_is_told_there()
    {
        var month = Given(new BudgetApplied(Key, 10m, Mode.Block, [80, 100], 1, At)).State;
        var events = MonthlySpend.Decide(new Accrue(Guid.NewGuid(), [Charge(9m, "a", Key), Charge(30m, "b")], At), month).ToList();
        var accrued = events.OfType<SpendAccrued>().Single();
        accrued.SpentUsd.ShouldBe(39m);
        accrued.Keys.ShouldBe([new KeyAccrual(Key, 9m, 9m)]);
        events.OfType<ThresholdCrossed>().Select(c => (c.KeyId, c.Percent, c.SpentUsd)).ShouldBe([(Key, 80, 9m)]);
    }

    [Fact]
    public void However_charges_are_split_into_messages_the_total_and_the_standing_thresholds_are_the_same() =>
        Gen.Select(Gen.Int[0, 3_000].Array[1, 40], Gen.Int[1, 7]).Sample((cents, size) =>
        {
            var charges = cents.Select((c, i) => Charge(c / 100m, $"{i}")).ToList();
            var whole = Fold(Given(Budget(100m)).State, [new Accrue(Guid.NewGuid(), [.. charges], At)]);
            var parts = Fold(Given(Budget(100m)).State, [.. charges.Chunk(size).Select(c => new Accrue(Guid.NewGuid(), [.. c], At))]);
            parts.State.Own.SpentUsd.ShouldBe(whole.State.Own.SpentUsd);
            parts.Told.ShouldBe(whole.Told);
        });

    [Fact]
    public void Following_any_history_the_crossed_thresholds_are_exactly_those_reached() =>
        Gen.OneOf(Gen.Int[-2_000, 5_000].Select(c => (object)(c / 100m)), Gen.Int[0, 12_000].Select(b => (object)new Terms_(b / 100m))).Array[1, 60].Sample(steps =>
        {
            var (month, revision) = (MonthlySpend.None, 0);
            foreach (var step in steps)
            {
                var events = step is decimal cost ? MonthlySpend.Decide(Spend(cost), month) : MonthlySpend.Decide(Apply(((Terms_)step).Usd, ++revision), month);
                month = events.Aggregate(month, MonthlySpend.Evolve);
                var own = month.Own;
                var reached = own.Terms is not { } terms ? [] : terms.AmountUsd == 0 ? [100] : terms.Thresholds.Where(t => own.SpentUsd / terms.AmountUsd * 100 >= t).ToList();
                own.Crossed.ShouldBe(reached);
            }
        });

    private sealed record Terms_(decimal Usd);

    private static BudgetTerms Terms(decimal usd, params int[] thresholds) => new(usd, Mode.Block, thresholds.Length == 0 ? [80, 100] : [.. thresholds]);
    private static Charge Charge(decimal usd, string id, Guid? key = null) => new(key, usd, new UsageReference("test", id));
    private static Accrue Spend(decimal usd) => new(Guid.NewGuid(), [Charge(usd, "call")], At);
    private static ApplyBudget Apply(decimal usd, int revision = 9) => new(null, Terms(usd), revision, At);
    private static SpendEvent Budget(decimal usd, params int[] thresholds) => new BudgetApplied(null, usd, Mode.Block, Terms(usd, thresholds).Thresholds, 1, At);
    private static SpendEvent Applied(decimal usd, int revision) => new BudgetApplied(null, usd, Mode.Block, [80, 100], revision, At);
    private static SpendEvent Spent(decimal usd) => new SpendAccrued(Guid.NewGuid(), usd, usd, 1, [], new("test", "earlier"), At);
    private static SpendEvent Crossed(int percent) => new ThresholdCrossed(null, percent, 0, 0, Mode.Block, 1, null, At);
    private static SpendEvent Cleared(int percent) => new ThresholdCleared(null, percent, 0, null, 1, At);

    private static History Given(params SpendEvent[] events) => new(events.Aggregate(MonthlySpend.None, MonthlySpend.Evolve), []);

    private static History Fold(MonthlySpend month, IEnumerable<Accrue> commands) =>
        commands.Aggregate(new History(month, []), (history, command) => history.When(command));

    private sealed record History(MonthlySpend State, ImmutableArray<string> Told)
    {
        public History When(object command)
        {
            var events = (command is Accrue accrue ? MonthlySpend.Decide(accrue, State) : MonthlySpend.Decide((ApplyBudget)command, State)).ToList();
            return new(events.Aggregate(State, MonthlySpend.Evolve), [.. Told, .. events.Select(Text).OfType<string>()]);
        }

        public void ShouldTell(params string[] expected) => Told.Select(t => expected.Any(e => e.Contains(" by ")) ? t : t.Split(" by ")[0]).ShouldBe(expected);

        private static string? Text(SpendEvent happened) => happened switch
        {
            ThresholdCrossed c => FormattableString.Invariant($"crossed {c.Percent} at {c.SpentUsd}") + (c.By is { } by ? $" by {by.Id}" : ""),
            ThresholdCleared c => FormattableString.Invariant($"cleared {c.Percent} at {c.SpentUsd}"),
            _ => null,
        };
    }
}
