using Shouldly;
using TokenSense.Tools.Demo;
using Xunit;

namespace TokenSense.Specs.Tools;

public sealed class BudgetChoiceSpecs
{
    private static readonly DateTimeOffset At = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(500)]
    [InlineData(2_000)]
    [InlineData(8_819)]
    public void Every_budget_is_reached_when_each_is_enforced_at_once(int requests)
    {
        var costs = Costs(requests);
        var budgets = BudgetChoice.Of(costs);
        var (spent, workspace, stoppedAt) = (new decimal[Lane.All.Length], 0m, 0);
        foreach (var (call, cost) in costs.Index())
        {
            if (workspace >= budgets.WorkspaceUsd) break;
            stoppedAt = call;
            if (spent[Lane.Of(call)] >= (budgets.LanesUsd[Lane.Of(call)] ?? decimal.MaxValue)) continue;
            spent[Lane.Of(call)] += cost;
            workspace += cost;
        }
        foreach (var (lane, budget) in budgets.LanesUsd.Index())
            if (budget is not null) spent[lane].ShouldBeGreaterThanOrEqualTo(budget.Value);
        workspace.ShouldBeGreaterThanOrEqualTo(budgets.WorkspaceUsd);
        // The workspace stops everybody only near the end, and stops somebody.
        ((double)stoppedAt / requests).ShouldBeInRange(0.80, 0.97);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(2_000)]
    [InlineData(8_819)]
    public void Every_project_reaches_its_budget_before_the_workspace_even_when_no_project_is_stopped(int requests)
    {
        var costs = Costs(requests);
        var budgets = BudgetChoice.Of(costs);
        var (spent, workspace) = (new decimal[Lane.All.Length], 0m);
        foreach (var (call, cost) in costs.Index())
        {
            if (workspace >= budgets.WorkspaceUsd) break;
            spent[Lane.Of(call)] += cost;
            workspace += cost;
        }
        foreach (var (lane, budget) in budgets.LanesUsd.Index())
            if (budget is not null) spent[lane].ShouldBeGreaterThanOrEqualTo(budget.Value);
    }

    [Fact]
    public void Budgets_are_whole_cents_and_the_smallest_is_one()
    {
        var budgets = BudgetChoice.Of(Costs(1));
        budgets.LanesUsd.ShouldBe([0.01m, 0.01m, 0.01m, null]);
        BudgetChoice.Of(Costs(2_000)).LanesUsd.Append(BudgetChoice.Of(Costs(2_000)).WorkspaceUsd).OfType<decimal>().ShouldAllBe(usd => usd * 100 % 1 == 0);
    }

    [Fact]
    public void Each_lane_gets_its_share_of_every_ten_calls() =>
        Enumerable.Range(0, 10).CountBy(Lane.Of).OrderBy(l => l.Key).Select(l => l.Value).ShouldBe([3, 3, 2, 2]);

    [Fact]
    public void Half_of_each_lanes_calls_are_streamed() =>
        Enumerable.Range(0, 20).Where(Lane.IsStreamed).CountBy(Lane.Of).OrderBy(l => l.Key).Select(l => l.Value).ShouldBe([3, 3, 2, 2]);

    [Fact]
    public void The_price_book_prices_every_lane() =>
        Lane.All.ShouldAllBe(lane => lane.CostUsd(1_000, 100, At) > 0);

    private static List<decimal> Costs(int requests) => [.. GeneratedTrace.Of(requests).Select((call, i) => Lane.All[Lane.Of(i)].CostUsd(call.ContextTokens, call.GeneratedTokens, At))];
}
