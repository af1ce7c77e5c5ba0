using System.Collections.Immutable;
using Shouldly;
using TokenSense.Tools.Demo;
using Xunit;

namespace TokenSense.Specs.Tools;

/// <summary>The oracle of the demo: gpt-4o at 2.50 and 10 USD a million, so 1,000 in and 100 out cost 0.0035.</summary>
public sealed class ReckoningSpecs
{
    private static readonly DateTimeOffset At = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid WorkspaceId = Guid.NewGuid(), ProjectId = Guid.NewGuid();
    private static readonly Stage Stage = new(WorkspaceId, "demo", "2026-11", 0.01m, [new(Lane.All[0], ProjectId, "ts_live_a", 0.005m), new(Lane.All[3], null, "ts_live_b", null)]);
    private static readonly BilledCall Billed = new("a", "gpt-4o", IsBilled: true, IsFinished: true, 1_000, 100);

    [Fact]
    public void A_call_that_client_and_provider_agree_on_is_served_at_the_providers_price()
    {
        var reckoning = Reckoning.Of(Stage, [Allowed("a")], [Billed]);
        foreach (var tally in new[] { reckoning.Lanes[0], reckoning.Workspace })
        {
            (tally.Requests, tally.Allowed, tally.InputTokens, tally.OutputTokens, tally.ServedUsd).ShouldBe((1, 1, 1_000, 100, 0.0035m));
            tally.Mistakes.ShouldBeEmpty();
        }
        reckoning.Lanes[1].Requests.ShouldBe(0);
    }

    [Fact]
    public void A_call_that_the_provider_does_not_know_or_knows_twice_is_a_mistake()
    {
        Mistakes([Allowed("a")], []).ShouldBe(["calls that the provider knows 0 times"]);
        Mistakes([Allowed("a")], [Billed, Billed]).ShouldBe(["calls that the provider knows 2 times"]);
    }

    [Fact]
    public void A_call_at_the_provider_that_no_client_was_answered_is_a_mistake() =>
        Mistakes([Allowed("a"), Refused(0.005m)], [Billed, Billed with { Id = "b" }]).ShouldBe(["calls at the provider that no client here was answered"]);

    [Fact]
    public void A_call_that_the_provider_did_not_finish_or_bill_or_that_was_for_another_model_is_a_mistake()
    {
        foreach (var other in new[] { Billed with { IsFinished = false }, Billed with { IsBilled = false }, Billed with { Model = "gpt-4o-mini" } })
            Mistakes([Allowed("a")], [other]).ShouldBe(["calls that the provider knows otherwise"]);
    }

    [Fact]
    public void An_answer_cut_short_is_a_mistake() =>
        Mistakes([Allowed("a", isComplete: false)], [Billed]).ShouldBe(["answers that did not come to their end"]);

    [Fact]
    public void A_cost_told_to_the_client_is_the_cost_that_was_billed_to_the_last_digit()
    {
        Mistakes([Allowed("a", told: 0.0035m)], [Billed]).ShouldBeEmpty();
        Mistakes([Allowed("a", told: 0.0035001m)], [Billed]).ShouldBe(["calls told another cost than was billed"]);
    }

    [Fact]
    public void A_402_must_name_a_budget_of_ours_that_is_used_up()
    {
        Mistakes([Refused(spentUsd: 0.005m)], []).ShouldBeEmpty();
        Mistakes([Refused(spentUsd: 0.0049m)], []).ShouldBe(["402 without a budget that is used up"]);
        Mistakes([Refused(spentUsd: 0.006m, budgetUsd: 0.006m)], []).ShouldBe(["402 without a budget that is used up"]);
        Mistakes([Refused(spentUsd: 0.006m) with { Answer = new(402, "PROJECT_BUDGET_EXCEEDED") }], []).ShouldBe(["402 without a budget that is used up"]);
    }

    [Fact]
    public void What_had_begun_before_the_first_402_of_a_scope_counts_towards_it_and_nothing_later()
    {
        var reckoning = Reckoning.Of(
            Stage,
            [Allowed("a"), Allowed("b") with { From = TimeSpan.FromSeconds(2) }, Refused(0.005m) with { To = TimeSpan.FromSeconds(1) }, Refused(0.005m) with { To = TimeSpan.FromSeconds(3) }],
            [Billed, Billed with { Id = "b" }]);
        reckoning.Lanes[0].ServedUsdAtFirstRefusal.ShouldBe(0.0035m);
        reckoning.Lanes[0].Refused.ShouldBe([new("PROJECT_BUDGET_EXCEEDED", 2)]);
        // The project's budget refused, not the workspace's.
        reckoning.Workspace.ServedUsdAtFirstRefusal.ShouldBeNull();
    }

    [Fact]
    public void Waiting_is_counted_and_what_came_of_it_decides()
    {
        var tally = Reckoning.Of(Stage, [Allowed("a") with { Waited = ["429 BUDGET_SETTLING", "429 BUDGET_SETTLING"] }], [Billed]).Workspace;
        tally.Waited.ShouldBe([new("429 BUDGET_SETTLING", 2)]);
        (tally.Allowed, tally.Failed.Count).ShouldBe((1, 0));
        Reckoning.Of(Stage, [Allowed("a") with { Answer = new(429, "BUDGET_SETTLING") }], []).Workspace.Failed.ShouldBe([new("429 BUDGET_SETTLING", 1)]);
    }

    private static IEnumerable<string> Mistakes(ImmutableArray<ClientCall> calls, ImmutableArray<BilledCall> bill) => Reckoning.Of(Stage, calls, bill).Workspace.Mistakes.Keys;

    private static ClientCall Allowed(string id, bool isComplete = true, decimal? told = null) =>
        new(0, At, TimeSpan.Zero, TimeSpan.FromMilliseconds(10), new(200, RequestId: id, IsComplete: isComplete, CostUsd: told), []);

    private static ClientCall Refused(decimal spentUsd, decimal budgetUsd = 0.005m) =>
        new(0, At, TimeSpan.Zero, TimeSpan.FromMilliseconds(10), new(402, "PROJECT_BUDGET_EXCEEDED") { Exhausted = [new(ProjectId, budgetUsd, spentUsd)] }, []);
}
