using Shouldly;
using TokenSense.Budgets.Limits;
using TokenSense.Budgets.Spend;
using TokenSense.Contracts;
using Xunit;

namespace TokenSense.Specs.Budgets;

public sealed class InclusionSpecs
{
    private static readonly Guid Run = new("00000000-0000-0000-0000-0000000000e1");
    private static readonly Guid Key = new("00000000-0000-0000-0000-00000000000c");
    private static readonly DateTimeOffset At = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_gateways_figure_is_what_it_reported_and_not_what_counts() =>
        GatewayFigure.Of(Line("gateway:eu-1", Run, reported: 0.5m)).ShouldBe(new GatewayFigure("eu-1", Run, 0.5m));

    [Fact]
    public void A_line_that_an_API_key_reported_for_itself_is_in_no_gateways_count() =>
        GatewayFigure.Of(Line($"key:{Key}", Run, reported: 0.5m)).ShouldBeNull();

    [Fact]
    public void A_line_without_a_run_or_without_a_reported_cost_is_in_no_gateways_count()
    {
        GatewayFigure.Of(Line("gateway:eu-1", null, reported: 0.5m)).ShouldBeNull();
        GatewayFigure.Of(Line("gateway:eu-1", Run, reported: null)).ShouldBeNull();
    }

    [Fact]
    public void A_call_reported_at_no_cost_is_a_line_that_is_included() =>
        Inclusion.Of([Charge(0m)]).ShouldBe([new Inclusion(null, "one", Run, 1, 0m)]);

    [Fact]
    public void Every_scope_that_a_call_moves_includes_it_and_each_run_for_itself()
    {
        var other = Guid.NewGuid();
        Inclusion.Of([Charge(1m, Key), Charge(2m), Charge(4m, Key, gateway: "two"), Charge(8m, Key, run: other), Charge(16m, Key)]).ShouldBe(
        [
            new(null, "one", Run, 3, 19m), new(null, "two", Run, 1, 4m), new(null, "one", other, 1, 8m),
            new(Key, "one", Run, 2, 17m), new(Key, "two", Run, 1, 4m), new(Key, "one", other, 1, 8m),
        ]);
    }

    [Fact]
    public void What_is_included_moves_with_the_spend_and_with_the_version_of_the_same_scopes()
    {
        var own = new ScopeName(Guid.NewGuid(), ScopeName.Project, Guid.NewGuid());
        var month = new OpenMonth(OpenMonth.StreamOf(own, "2026-11"), "2026-11", own);
        month.Hold(null, ScopeSpend.None, 0);
        month.Hold(Key, ScopeSpend.None, 0);
        month.Accrue(new Accrue(Guid.NewGuid(), [Charge(1m, Key)], At));
        month.Included.Select(i => i.KeyId).ShouldBe([null, Key]);
        month.Changed().ShouldBe([(null, 1), (Key, 1)]);
        month.State.Own.SpentUsd.ShouldBe(10m);
    }

    private static Charge Charge(decimal reported, Guid? key = null, string gateway = "one", Guid? run = null) =>
        new(key, 10m, new("test", "call"), new GatewayFigure(gateway, run ?? Run, reported));

    private static RecordedLine Line(string reporter, Guid? run, decimal? reported) => new()
    {
        UsageId = Guid.NewGuid(), Reporter = reporter, Source = "s", Id = "i", Time = At, Period = "2026-11", KeyId = Key, Provider = "openai",
        Model = "gpt-4o", Usage = new Dictionary<string, long>(), CostUsd = 0.4m, ReportedCostUsd = reported, GatewayEpoch = run,
    };
}
