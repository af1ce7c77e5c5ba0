using Shouldly;
using TokenSense.Budgets.Limits;
using TokenSense.Budgets.Spend;
using Xunit;

namespace TokenSense.Specs.Budgets;

public sealed class BudgetSpecs
{
    private static readonly DateTimeOffset At = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly Budget None = Budget.None(new(Guid.NewGuid(), ScopeName.Project, Guid.NewGuid()));

    [Fact]
    public void A_blocking_budget_always_has_one_hundred_among_its_thresholds() =>
        After(new SetBudget(5m, Mode.Block, [50], At)).Terms!.Thresholds.ShouldBe([50, 100]);

    [Fact]
    public void An_alerting_budget_has_the_thresholds_that_were_chosen() =>
        After(new SetBudget(5m, Mode.Alert, [90, 50, 90], At)).Terms!.Thresholds.ShouldBe([50, 90]);

    [Fact]
    public void Setting_the_same_budget_again_changes_nothing()
    {
        var command = new SetBudget(5m, Mode.Block, [80, 100], At);
        Budget.Decide(command, After(command)).ShouldBeEmpty();
    }

    [Fact]
    public void Each_change_is_a_revision_of_its_own()
    {
        var set = After(new SetBudget(5m, Mode.Block, [80, 100], At));
        var removed = Budget.Decide(new RemoveBudget(At), set).Aggregate(set, Budget.Evolve);
        (set.Revision, removed.Revision, removed.Terms).ShouldBe((1, 2, null));
        Budget.Decide(new RemoveBudget(At), removed).ShouldBeEmpty();
    }

    [Fact]
    public void There_is_no_forecast_before_the_third_day() =>
        Forecast.Of(10m, 100m, Day(1), Day(31), Day(2)).ShouldBe((null, null));

    [Fact]
    public void A_forecast_is_linear_and_names_when_the_budget_will_be_reached()
    {
        var (forecast, crosses) = Forecast.Of(100m, 200m, Day(1), Day(31), Day(11));
        forecast.ShouldBe(300m);
        crosses!.Value.ShouldBe(Day(21), TimeSpan.FromSeconds(1));
    }

    private static DateTimeOffset Day(int day) => new(2026, 3, day, 0, 0, 0, TimeSpan.Zero);

    private static Budget After(SetBudget command) => Budget.Decide(command, None).Aggregate(None, Budget.Evolve);
}
