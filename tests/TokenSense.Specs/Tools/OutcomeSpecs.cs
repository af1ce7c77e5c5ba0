using Shouldly;
using TokenSense.Tools;
using TokenSense.Tools.Demo;
using Xunit;

namespace TokenSense.Specs.Tools;

public sealed class OutcomeSpecs
{
    // Two calls of 0.6 against a budget of 1: the third is refused.
    private static readonly Outcome Right = new("Client A", Seen(), 1m, new(2, 2_000, 20, 1.2m, 0), 1.2m, Once(80, 100), Once(80, 100), 1.2m);

    [Fact]
    public void A_run_in_which_everything_agrees_has_no_differences() => Right.Differences().ShouldBeEmpty();

    [Fact]
    public void The_overshoot_is_what_was_spent_beyond_the_budget_that_refused() => Right.OvershootUsd.ShouldBe(0.2m);

    [Fact]
    public void Without_a_refusal_there_is_no_overshoot_to_tell() =>
        (Right with { Seen = Allowed() }).OvershootUsd.ShouldBeNull();

    [Fact]
    public void The_last_digit_of_the_spend_counts() =>
        (Right with { SpentUsd = 1.2000000000001m }).Differences().ShouldBe([new Difference("Client A", "USD spent", "1.2", "1.2000000000001")]);

    [Fact]
    public void Recorded_usage_must_equal_what_was_served() =>
        (Right with { Recorded = new(3, 2_001, 21, 1.3m, 1) }).Differences().Select(d => d.What).ShouldBe(
            ["requests recorded", "input tokens recorded", "output tokens recorded", "USD recorded", "requests recorded without a price"]);

    [Fact]
    public void A_threshold_crossed_twice_is_a_difference() =>
        Told(Right with { Crossings = Once(80, 80, 100), Alerts = Once(80, 80, 100) }).ShouldBe(["crossings of 80 %: 1, not 2"]);

    [Fact]
    public void A_threshold_that_was_reached_and_not_told_is_a_difference() =>
        Told(Right with { Crossings = Once(80), Alerts = Once(80) }).ShouldBe(["crossings of 100 %: 1, not 0"]);

    [Fact]
    public void A_crossing_that_stands_in_no_list_or_twice_is_a_difference()
    {
        Told(Right with { Alerts = Once(80) }).ShouldBe(["alerts of 100 %, delivered: 1, not 0"]);
        Told(Right with { Alerts = Once(80, 100, 100) }).ShouldBe(["alerts of 100 %, delivered: 1, not 2"]);
    }

    [Fact]
    public void The_last_digit_of_the_export_counts() =>
        Told(Right with { ExportedUsd = 1.2000000000001m }).ShouldBe(["USD exported: 1.2, not 1.2000000000001"]);

    [Fact]
    public void An_exported_cent_too_many_or_too_few_is_a_difference()
    {
        Told(Right with { AmountUsd = 1.20m }).ShouldBeEmpty();
        Told(Right with { AmountUsd = 1.21m }).ShouldBe(["USD exported in cents: 1.2, not 1.21"]);
        // Half a cent is rounded up.
        var seen = Seen();
        seen.Allow(0, 0, 0.005m, TimeSpan.Zero);
        var half = Right with { Seen = seen, Recorded = new(3, 2_000, 20, 1.205m, 0), SpentUsd = 1.205m, ExportedUsd = 1.205m };
        Told(half with { AmountUsd = 1.21m }).ShouldBeEmpty();
        Told(half with { AmountUsd = 1.20m }).ShouldBe(["USD exported in cents: 1.21, not 1.2"]);
    }

    [Fact]
    public void A_threshold_told_before_it_was_reached_is_a_difference() =>
        Told(Right with { Seen = Allowed(), BudgetUsd = 1.3m }).ShouldBe(["crossings of 100 %: 0, not 1"]);

    [Fact]
    public void A_budget_that_refused_before_it_was_used_up_is_a_difference() =>
        Told(Right with { BudgetUsd = 1.3m, Crossings = Once(80), Alerts = Once(80) }).ShouldBe(["USD served before the first 402, at least: 1.3, not 1.2"]);

    [Fact]
    public void An_answer_that_is_neither_200_nor_402_is_a_difference()
    {
        var seen = Seen();
        seen.Fail("401 INVALID_API_KEY");
        Told(Right with { Seen = seen }).ShouldBe(["requests without an answer or a 402: 0, not 1 × 401 INVALID_API_KEY", "requests = allowed + 402: 4, not 3"]);
    }

    [Fact]
    public void A_mistake_in_a_single_call_is_a_difference_though_all_sums_agree()
    {
        var seen = Seen();
        seen.Mistake("calls that the provider knows 2 times");
        Told(Right with { Seen = seen }).ShouldBe(["calls that the provider knows 2 times: 0, not 1"]);
    }

    private static Dictionary<int, int> Once(params int[] thresholds) => thresholds.GroupBy(t => t).ToDictionary(t => t.Key, t => t.Count());

    private static IEnumerable<string> Told(Outcome outcome) => outcome.Differences().Select(d => $"{d.What}: {d.Expected}, not {d.Found}");

    private static Tally Seen()
    {
        var tally = Allowed(firstRefusal: TimeSpan.FromSeconds(1));
        tally.Refuse("PROJECT_BUDGET_EXCEEDED");
        return tally;
    }

    private static Tally Allowed(TimeSpan? firstRefusal = null)
    {
        var tally = new Tally(firstRefusal);
        for (var i = 0; i < 2; i++) tally.Allow(1_000, 10, 0.6m, TimeSpan.Zero);
        return tally;
    }
}
