using Shouldly;
using TokenSense.Contracts;
using TokenSense.Enforcement;
using Xunit;
using static TokenSense.Specs.Enforcement.World;

namespace TokenSense.Specs.Enforcement;

public sealed class MonthSpecs
{
    // November ends five hours after UTC's there, and December in daylight saving's other half of the year ends alike.
    private static readonly DateTimeOffset EndOfNovember = At("2026-12-01T05:00:00Z"), EndOfMarch = At("2027-04-01T04:00:00Z");

    private static World InNewYork(decimal spent, decimal? budget) =>
        new World().With(AWorkspace(2, new TimeZoneFrom(null, "America/New_York")), Spend("workspace", spent, budget) with { ResetsAt = EndOfNovember });

    private static SpendChanged InNovember(decimal spent, long version) => Spend("workspace", spent, 100, version: version) with { ResetsAt = EndOfNovember };

    private static SpendChanged December(decimal spent, decimal budget, long version = 1) =>
        Spend("workspace", spent, budget, period: "2026-12", version: version) with { ResetsAt = At("2027-01-01T05:00:00Z") };

    [Fact]
    public void A_month_ends_to_the_second_in_the_workspace_s_own_zone()
    {
        var world = InNewYork(100, 100);
        world.Call(now: EndOfNovember.AddSeconds(-1)).IsAllowed.ShouldBeFalse();
        var call = world.Call(now: EndOfNovember);
        call.IsAllowed.ShouldBeTrue();
        var budget = call.Workspace.ShouldNotBeNull();
        (budget.Period, budget.SpentUsd, budget.BudgetUsd, budget.Mode, budget.ResetsAt).ShouldBe(("2026-12", 0m, 100m, "block", At("2027-01-01T05:00:00Z")));
    }

    [Fact]
    public void Months_without_a_word_pass_by_the_clock_alone()
    {
        var world = InNewYork(100, 100);
        world.Call(now: EndOfMarch.AddTicks(-1)).Workspace!.Period.ShouldBe("2027-03");
        var april = world.Call(now: EndOfMarch).Workspace!;
        (april.Period, april.SpentUsd, april.ResetsAt).ShouldBe(("2027-04", 0m, At("2027-05-01T04:00:00Z")));
    }

    [Fact]
    public void A_budget_of_0_blocks_in_the_new_month_too() => InNewYork(0, 0).Call(now: EndOfNovember).IsAllowed.ShouldBeFalse();

    [Fact]
    public void A_clock_that_is_set_back_finds_the_old_month_again()
    {
        var world = InNewYork(100, 100);
        world.Call(now: EndOfMarch).IsAllowed.ShouldBeTrue();
        world.Call(now: EndOfNovember).Workspace!.Period.ShouldBe("2026-12");
        world.CallAsHeard(now: EndOfNovember.AddTicks(-1)).Refusal!.Code.ShouldBe("BUDGET_EXCEEDED");
    }

    [Fact]
    public void A_zone_that_changes_next_month_ends_this_month_as_it_was_and_the_next_in_its_own()
    {
        var world = InNewYork(100, 100).With(AWorkspace(3, new TimeZoneFrom(null, "America/New_York"), new TimeZoneFrom("2026-12", "Asia/Tokyo")));
        world.Call(now: EndOfNovember.AddSeconds(-1)).IsAllowed.ShouldBeFalse();
        world.Call(now: EndOfNovember).Workspace!.ResetsAt.ShouldBe(At("2026-12-31T15:00:00Z"));
    }

    [Fact]
    public void A_state_of_the_next_month_that_comes_early_waits_until_this_month_has_ended()
    {
        var world = InNewYork(100, 100).With(December(1, 50));
        world.Call(now: EndOfNovember.AddTicks(-1)).Refusal!.Code.ShouldBe("BUDGET_EXCEEDED");
        var december = world.Call(now: EndOfNovember).Workspace!;
        (december.Period, december.SpentUsd, december.BudgetUsd).ShouldBe(("2026-12", 1m, 50m));
    }

    [Fact]
    public void An_early_state_in_a_snapshot_waits_too()
    {
        var world = InNewYork(100, 100).With(new EnforcementSnapshot
        {
            Epoch = 1, CompleteTo = Now, Workspaces = [], Projects = [], Keys = [], Spend = [December(1, 50)],
        });
        world.Call(now: EndOfNovember.AddTicks(-1)).IsAllowed.ShouldBeFalse();
        world.Call(now: EndOfNovember).Workspace!.SpentUsd.ShouldBe(1m);
    }

    [Fact]
    public void This_month_s_states_keep_counting_after_an_early_one_of_the_next()
    {
        var world = InNewYork(10, 100).With(December(1, 50, version: 999));
        world.Call().Workspace!.SpentUsd.ShouldBe(10m);
        world.With(InNovember(100, version: 2)).Call().IsAllowed.ShouldBeFalse();
        world.With(InNovember(60, version: 3), InNovember(100, version: 2)).Call().Workspace!.SpentUsd.ShouldBe(60m);
        world.With(new EnforcementSnapshot { Epoch = 1, CompleteTo = Now, Workspaces = [], Projects = [], Keys = [], Spend = [InNovember(70, version: 4)] })
            .Call().Workspace!.SpentUsd.ShouldBe(70m);
        world.Call(now: EndOfNovember).Workspace!.SpentUsd.ShouldBe(1m);
    }

    [Fact]
    public void A_month_in_which_nothing_was_budgeted_ends_before_the_budget_of_the_next_holds()
    {
        var world = InNewYork(10, null).With(December(0, 0));
        world.Call(now: EndOfNovember.AddTicks(-1)).IsAllowed.ShouldBeTrue();
        world.Call(now: EndOfNovember).IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public void Where_nothing_is_known_of_this_month_or_the_one_before_a_newer_one_is_believed() =>
        new World().With(Spend("workspace", 1, 100, period: "2026-12")).Call().Workspace!.SpentUsd.ShouldBe(1m);

    [Fact]
    public void Only_the_two_newest_months_are_kept_and_one_left_behind_cannot_come_back()
    {
        var world = new World().With(
            Spend("workspace", 1, 100, period: "2026-12"), Spend("workspace", 2, 100, period: "2027-01"), Spend("workspace", 100, 100, version: 999));
        world.Call(now: At("2026-12-31T23:59:59Z")).Workspace!.SpentUsd.ShouldBe(1m);
        world.CallAsHeard().Workspace!.SpentUsd.ShouldBe(1m);
        world.Call(now: At("2027-01-01T00:00:00Z")).Workspace!.SpentUsd.ShouldBe(2m);
    }

    [Fact]
    public void A_newer_epoch_makes_both_months_void()
    {
        var world = InNewYork(100, 100).With(December(100, 100), InNovember(3, version: 1) with { Epoch = 2 });
        world.Call().Workspace!.SpentUsd.ShouldBe(3m);
        world.Call(now: EndOfNovember).Workspace!.SpentUsd.ShouldBe(0m);
    }

    [Fact]
    public void A_snapshot_that_lacks_the_scope_ends_this_month_s_budget_and_spares_what_came_since()
    {
        var world = InNewYork(100, 100);
        var askedAfter = world.Enforcer.Arrivals;
        world.With(December(50, 100));
        world.Enforcer.Load(new() { Epoch = 1, CompleteTo = Now, Workspaces = [], Projects = [], Keys = [], Spend = [] }, askedAfter);
        world.Call(now: EndOfNovember).Workspace!.SpentUsd.ShouldBe(50m);
        world.With(InNovember(1, version: 1)).Call().Workspace!.SpentUsd.ShouldBe(1m);
    }

    [Fact]
    public void Late_usage_of_the_old_month_does_not_count_in_the_new_one() =>
        new World().With(Spend("workspace", 10, 100), Spend("workspace", 100, 100, version: 2)).Call(now: At("2026-12-01T00:00:00Z")).Workspace!.SpentUsd.ShouldBe(0m);

    [Fact]
    public void A_budget_that_was_changed_at_the_last_moment_holds_in_the_new_month()
    {
        var world = InNewYork(100, 100);
        world.Call(now: EndOfNovember).Workspace!.BudgetUsd.ShouldBe(100m);
        world.With(Spend("workspace", 100, 7, version: 2) with { ResetsAt = EndOfNovember }).Call(now: EndOfNovember).Workspace!.BudgetUsd.ShouldBe(7m);
    }

    [Fact]
    public void A_changed_zone_moves_a_month_that_the_clock_began()
    {
        var world = InNewYork(100, 100);
        world.Call(now: EndOfNovember).Workspace!.ResetsAt.ShouldBe(At("2027-01-01T05:00:00Z"));
        world.With(AWorkspace(3, new TimeZoneFrom(null, "America/New_York"), new TimeZoneFrom("2026-12", "Europe/Berlin")))
            .Call(now: EndOfNovember).Workspace!.ResetsAt.ShouldBe(At("2026-12-31T23:00:00Z"));
    }
}
