using Shouldly;
using Xunit;
using static TokenSense.Specs.Enforcement.KeySpecs;
using static TokenSense.Specs.Enforcement.World;

namespace TokenSense.Specs.Enforcement;

public sealed class BudgetSpecs
{
    [Fact]
    public void Spend_just_below_the_budget_is_allowed() => new World().With(Spend("workspace", 99.999999999999m, 100)).Call().IsAllowed.ShouldBeTrue();

    [Theory]
    [InlineData("workspace", "BUDGET_EXCEEDED", "Monthly workspace budget exceeded.")]
    [InlineData("project", "PROJECT_BUDGET_EXCEEDED", "Monthly project budget exceeded.")]
    [InlineData("key", "KEY_BUDGET_EXCEEDED", "Monthly key budget exceeded.")]
    public void Spend_equal_to_the_budget_is_exhausted(string scope, string code, string message)
    {
        var refusal = Refused(new World().With(Spend(scope, 100, 100)).Call(), 402, code);
        refusal.Message.ShouldBe(message);
        var budget = refusal.Exhausted.ShouldHaveSingleItem();
        (budget.Scope, budget.SpentUsd, budget.BudgetUsd, budget.Period, budget.ResetsAt).ShouldBe((scope, 100m, 100m, November, At("2026-12-01T00:00:00Z")));
        budget.Name.ShouldBe(scope switch { "workspace" => "Acme", "project" => "alpha", _ => "laptop" });
    }

    [Fact]
    public void Of_several_exhausted_budgets_the_widest_is_named_and_all_are_listed()
    {
        var world = new World().With(Spend("key", 5, 1), Spend("project", 5, 2));
        Refused(world.Call(), 402, "PROJECT_BUDGET_EXCEEDED").Exhausted.Select(b => b.Scope).ShouldBe(["project", "key"]);
        Refused(world.With(Spend("workspace", 5, 3)).Call(), 402, "BUDGET_EXCEEDED").Exhausted.Select(b => b.Scope).ShouldBe(["workspace", "project", "key"]);
    }

    [Fact]
    public void An_exhausted_budget_that_only_alerts_is_neither_named_nor_listed_beside_one_that_blocks()
    {
        var world = new World().With(Spend("workspace", 5, 1, "alert"));
        world.Call().IsAllowed.ShouldBeTrue();
        Refused(world.With(Spend("key", 5, 1)).Call(), 402, "KEY_BUDGET_EXCEEDED").Exhausted.Select(b => b.Scope).ShouldBe(["key"]);
    }

    [Theory]
    [InlineData("strict")]
    [InlineData(null)]
    [InlineData("a-mode-of-tomorrow")]
    public void Every_other_mode_blocks(string? mode) => Refused(new World().With(Spend("workspace", 1, 1, mode)).Call(), 402, "BUDGET_EXCEEDED");

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_budget_of_0_blocks_whatever_was_spent_or_refunded(int spent)
    {
        var refusal = Refused(new World().With(Spend("workspace", spent, 0)).Call(), 402, "BUDGET_EXCEEDED");
        refusal.Exhausted[0].Percent.ShouldBeNull();
    }

    [Fact]
    public void No_budget_blocks_nothing()
    {
        var call = new World().With(Spend("workspace", 1_000_000, null)).Call();
        call.IsAllowed.ShouldBeTrue();
        (call.Workspace, call.Project, call.Key, call.Tightest).ShouldBe((null, null, null, null));
    }

    [Fact]
    public void A_larger_and_a_removed_budget_unblock_at_once()
    {
        var world = new World().With(Spend("workspace", 100, 100));
        world.With(Spend("workspace", 100, 101, version: 2)).Call().IsAllowed.ShouldBeTrue();
        world.With(Spend("workspace", 100, 50, version: 3)).Call().IsAllowed.ShouldBeFalse();
        world.With(Spend("workspace", 100, null, version: 4)).Call().IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public void Reaching_80_percent_warns()
    {
        var world = new World().With(Spend("project", 79.999999999999m, 100));
        world.Call().IsWarning.ShouldBeFalse();
        world.With(Spend("project", 80, 100, version: 2)).Call().IsWarning.ShouldBeTrue();
    }

    [Fact]
    public void The_tightest_budget_is_the_one_with_the_least_left()
    {
        var call = new World().With(Spend("workspace", 90, 100), Spend("project", 1, 4), Spend("key", 0, 5)).Call();
        call.Tightest!.Scope.ShouldBe("project");
        call.Tightest.RemainingUsd.ShouldBe(3m);
        (call.Workspace!.RemainingUsd, call.Key!.RemainingUsd).ShouldBe((10m, 5m));
    }

    [Fact]
    public void The_smallest_budget_beside_the_largest_spend_still_blocks()
    {
        var refusal = Refused(new World().With(Spend("workspace", 9_999_999_999_999_999m, 0.000000000001m)).Call(), 402, "BUDGET_EXCEEDED");
        refusal.Exhausted[0].Percent.ShouldBe(100_000_000m);
    }

    [Fact]
    public void Percent_never_says_100_before_it_is_reached() =>
        new World().With(Spend("workspace", 99.999999m, 100)).Call().Workspace!.Percent.ShouldBe(99.99m);
}
