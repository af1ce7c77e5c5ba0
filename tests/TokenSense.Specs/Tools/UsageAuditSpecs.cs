using System.Text.Json;
using Shouldly;
using TokenSense.Tools;
using TokenSense.Tools.Audit;
using Xunit;
using static TokenSense.Specs.Tools.Stored;

namespace TokenSense.Specs.Tools;

public sealed class UsageAuditSpecs
{
    private static readonly Guid One = new("00000000-0000-0000-0000-000000000001");
    private static readonly Guid Two = new("00000000-0000-0000-0000-000000000002");
    private static readonly Guid Run = new("00000000-0000-0000-0000-0000000000e1");
    private static readonly DayKey Day = new(WorkspaceId, Period, new(2026, 11, 23), ProjectId, KeyId, "openai", "gpt-4o");

    [Fact]
    public void Recorded_lines_are_added_up_by_day_and_by_scope()
    {
        var (fold, findings) = Fold([Recorded(Line(One), Line(Two))]);
        findings.Told().ShouldBeEmpty();
        fold.Days.ShouldBe(new Dictionary<DayKey, DayTotal> { [Day] = new(2, 200, 14, 0.0002m, 0) });
        fold.Counted.ShouldBe(new Dictionary<Place, (decimal, long)> { [Workspace] = (0.0002m, 2), [Project] = (0.0002m, 2), [Key] = (0.0002m, 2) }, ignoreOrder: true);
    }

    [Fact]
    public void A_line_that_does_not_cost_what_its_rates_say_is_told() =>
        Fold([Recorded(Line(One, cost: "0.00010000000001"))]).Findings.Told().ShouldBe(["cost of the line from its rates: 0.0001, not 0.00010000000001"]);

    [Fact]
    public void A_price_for_a_line_that_has_no_cost_is_told() =>
        Fold([Recorded(Line(One, cost: "null"))]).Findings.Told().ShouldBe(["cost of the line from its rates: 0.0001, not none"]);

    [Fact]
    public void A_reported_cost_counts_where_the_book_has_no_price() =>
        Fold([Recorded(Line(One, cost: "0.5", rates: "null", reported: "0.5"))]).Findings.Told().ShouldBeEmpty();

    [Fact]
    public void A_cost_that_nobody_reported_and_no_price_gave_is_told() =>
        Fold([Recorded(Line(One, cost: "0.5", rates: "null"))]).Findings.Told().ShouldBe(["cost of the line from its rates: none, not 0.5"]);

    [Fact]
    public void An_unpriced_line_is_counted_and_costs_nothing_yet()
    {
        var (fold, findings) = Fold([Recorded(Line(One, cost: "null", rates: "null"))]);
        findings.Told().ShouldBeEmpty();
        fold.Days[Day].ShouldBe(new(1, 100, 7, 0, 1));
        fold.Counted.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("0.016666666667", true)]
    [InlineData("0.016666666666", true)]
    [InlineData("0.016666666669", false)]
    [InlineData("0.0167", false)]
    public void Seconds_priced_by_the_hour_may_be_rounded_at_the_twelfth_decimal(string cost, bool isRight) =>
        LineCost.IsRight(JsonSerializer.Deserialize<JsonElement>(Line(One, cost, """[{"class":"audio_seconds","units":10,"usdPerUnit":0.0016666666666666666666666667}]""")))
            .ShouldBe(isRight);

    [Fact]
    public void A_usage_twice_in_one_event_is_told() =>
        Fold([Recorded(Line(One), Line(One))]).Findings.Told().ShouldContain("lines of this usage id: 1, not more in one event");

    [Fact]
    public void A_usage_in_two_events_is_told_in_the_one_that_did_not_claim_it()
    {
        var (first, second) = (Recorded(Line(One)), Recorded(Line(One)));
        Fold([first, second], claims: new() { [One] = first.Id }).Findings.Told().ShouldBe([$"event that claimed the usage id: {second.Id}, not {first.Id}"]);
    }

    [Fact]
    public void A_usage_that_nothing_claimed_is_told()
    {
        var recorded = Recorded(Line(One));
        Fold([recorded], claims: []).Findings.Told().ShouldBe([$"claim of the usage id: {recorded.Id}, not none"]);
    }

    [Fact]
    public void Usage_on_its_way_to_Budgets_is_a_number_and_no_difference()
    {
        var (fold, findings) = Fold([Recorded(Line(One), Line(Two))], isCounted: false);
        findings.Told().ShouldBeEmpty();
        (fold.EventsInFlight, fold.LinesInFlight, fold.InFlightUsd, fold.Counted.Count).ShouldBe((1, 2, 0.0002m, 0));
    }

    [Fact]
    public void Usage_that_should_have_reached_Budgets_by_now_is_told() =>
        Fold([Recorded(Line(One))], isCounted: false, lateBefore: At.AddSeconds(1)).Findings.Told()
            .ShouldBe(["recorded usage that Budgets has not counted: counted since 2026-11-23 12:00:00Z, not not counted"]);

    [Fact]
    public void Each_figure_of_a_rollup_row_is_compared()
    {
        var findings = new Findings();
        UsageComparison.Days(new Dictionary<DayKey, DayTotal> { [Day] = new(2, 200, 14, 0.0002m, 0) }, new Dictionary<DayKey, DayTotal> { [Day] = new(3, 201, 15, 0.00020001m, 1) }, findings);
        findings.Told().ShouldBe([
            "requests of usage_days: 2, not 3", "input_tokens of usage_days: 200, not 201", "output_tokens of usage_days: 14, not 15",
            "cost_usd of usage_days: 0.0002, not 0.00020001", "unpriced of usage_days: 0, not 1"]);
    }

    [Fact]
    public void A_rollup_row_without_lines_and_lines_without_a_row_are_told()
    {
        var (findings, other) = (new Findings(), Day with { Model = "gpt-4o-mini" });
        UsageComparison.Days(new Dictionary<DayKey, DayTotal> { [Day] = new(1, 0, 0, 0, 0) }, new Dictionary<DayKey, DayTotal> { [other] = new(1, 0, 0, 0, 0) }, findings);
        findings.Told().ShouldBe(["requests of usage_days: 1, not 0", "requests of usage_days: 0, not 1"]);
    }

    [Fact]
    public void Spend_must_be_the_lines_that_Budgets_claimed()
    {
        var findings = new Findings();
        var months = new Dictionary<Place, Month> { [Project] = new(ProjectStream) { SpentUsd = 0.3m, Lines = 3 }, [Key] = new(ProjectStream) { SpentUsd = 0.2m } };
        UsageComparison.Spend(new Dictionary<Place, (decimal, long)> { [Project] = (0.2m, 2), [Key] = (0.2m, 2), [Workspace] = (0.2m, 2) }, months, findings);
        findings.Told().ShouldBe([
            "spend against the recorded lines that Budgets claimed: 0.2, not 0.3", "charges against the recorded lines that Budgets claimed: 2, not 3",
            "spend against the recorded lines that Budgets claimed: 0.2, not 0", "charges against the recorded lines that Budgets claimed: 2, not 0"]);
    }

    [Fact]
    public void What_a_gateways_run_reported_is_added_up_for_each_scope_in_its_own_figures()
    {
        var run = $"\"{Run}\"";
        var (fold, findings) = Fold([Recorded(
            Line(One, reported: "0.0003", run: run), Line(Two, reported: "0.0004", run: run),
            Line(Guid.NewGuid(), reported: "5"), Line(Guid.NewGuid(), run: run), Line(Guid.NewGuid(), reported: "6", reporter: $"key:{KeyId}", run: run),
            Line(Guid.NewGuid(), cost: "null", rates: "null", run: run))]);
        findings.Told().ShouldBeEmpty();
        fold.Included.ShouldBe(new[] { Workspace, Project, Key }.ToDictionary(p => new RunKey(p, "gw", Run), _ => new RunTotal(2, 0.0007m)), ignoreOrder: true);
    }

    [Fact]
    public void Usage_on_its_way_to_Budgets_is_not_included_yet() =>
        Fold([Recorded(Line(One, reported: "0.0003", run: $"\"{Run}\""))], isCounted: false).Fold.Included.ShouldBeEmpty();

    [Fact]
    public void Included_usage_that_is_not_what_the_lines_say_is_told()
    {
        var findings = new Findings();
        var (row, lost) = (new RunKey(Project, "gw", Run), new RunKey(Key, "gw", Run));
        UsageComparison.Included(
            new Dictionary<RunKey, RunTotal> { [row] = new(2, 0.0007m), [lost] = new(2, 0.0007m) },
            new Dictionary<RunKey, RunTotal> { [row] = new(3, 0.00070001m), [row with { Epoch = One }] = new(1, 1m) }, findings);
        findings.Told().ShouldBe([
            "lines of included_usage: 2, not 3", "cost_usd of included_usage: 0.0007, not 0.00070001",
            "lines of included_usage: 2, not 0", "cost_usd of included_usage: 0.0007, not 0", "lines of included_usage: 0, not 1", "cost_usd of included_usage: 0, not 1"]);
    }

    private static (UsageFold Fold, Findings Findings) Fold(
        IReadOnlyList<StoredEvent> events, Dictionary<Guid, Guid>? claims = null, bool isCounted = true, DateTimeOffset lateBefore = default)
    {
        var findings = new Findings();
        var fold = new UsageFold(findings, lateBefore);
        claims ??= events.SelectMany(e => e.Data.GetProperty("lines").EnumerateArray().Select(l => (Usage: l.GetProperty("usageId").GetGuid(), Event: e.Id)))
            .DistinctBy(c => c.Usage).ToDictionary(c => c.Usage, c => c.Event);
        foreach (var stored in events) fold.Add(stored, claims, isCounted);
        return (fold, findings);
    }
}
