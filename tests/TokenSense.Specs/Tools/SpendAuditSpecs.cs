using Shouldly;
using TokenSense.Tools;
using TokenSense.Tools.Audit;
using Xunit;
using static TokenSense.Specs.Tools.Stored;

namespace TokenSense.Specs.Tools;

public sealed class SpendAuditSpecs
{
    private static readonly SpendRow ProjectRow = new(Project, WorkspaceId, ProjectStream, 1.1m, 1m, [80, 100], 1, [80, 100], 3);
    private static readonly SpendRow KeyRow = new(Key, WorkspaceId, ProjectStream, 1.1m, null, [], 0, [], 2);

    [Fact]
    public void A_stream_and_its_rows_that_agree_have_no_differences() => Audit(Honest()).ShouldBeEmpty();

    [Fact]
    public void Money_is_read_with_all_its_digits() =>
        Audit([Accrued("0.1000000000000000000000001", "0.1000000000000000000000001"), Accrued("0.2", "0.3000000000000000000000001")],
            ProjectRow with { SpentUsd = 0.3000000000000000000000001m, BudgetUsd = null, Thresholds = [], Revision = 0, Crossed = [] },
            KeyRow with { SpentUsd = 0.3000000000000000000000001m }).ShouldBeEmpty();

    [Fact]
    public void A_running_total_that_is_not_the_sum_is_told_once_a_scope() =>
        Audit([Applied("10"), Accrued("0.5", "0.5"), Accrued("0.4", "0.8", "0.4", "0.9"), Accrued("0.1", "0.9", "0.1", "1.0")],
            ProjectRow with { SpentUsd = 1.0m, BudgetUsd = 10m, Crossed = [] }, KeyRow with { SpentUsd = 1.0m }).ShouldBe(["running total in spend-accrued: 0.9, not 0.8"]);

    [Fact]
    public void A_row_that_says_another_spend_than_its_stream_is_told() =>
        Audit(Honest(), ProjectRow with { SpentUsd = 1.10000001m }).ShouldBe(["spent_usd of scope_spend: 1.1, not 1.10000001"]);

    [Fact]
    public void A_row_of_a_key_is_held_to_the_stream_that_carries_it() =>
        Audit(Honest(), key: KeyRow with { SpentUsd = 1m }).ShouldBe(["spent_usd of scope_spend: 1.1, not 1"]);

    [Fact]
    public void A_row_with_another_budget_thresholds_or_revision_is_told() =>
        Audit(Honest(), ProjectRow with { BudgetUsd = 2m, Thresholds = [50, 100], Revision = 2 }).ShouldBe(
            ["budget_usd of scope_spend: 1, not 2", "thresholds of scope_spend: [80 100], not [50 100]", "revision of scope_spend: 1, not 2"]);

    [Fact]
    public void A_row_that_shows_another_set_of_crossings_is_told() =>
        Audit(Honest(), ProjectRow with { Crossed = [80] }).ShouldBe(["crossed of scope_spend: [80 100], not [80]"]);

    [Fact]
    public void A_threshold_that_is_reached_and_was_not_crossed_is_told() =>
        Audit([.. Honest().Where(e => !(e.Type == "threshold-crossed" && e.Data.GetProperty("percent").GetInt32() == 100))], ProjectRow with { Crossed = [80] })
            .ShouldBe(["crossed thresholds in the stream against those reached: [80 100], not [80]"]);

    [Fact]
    public void A_threshold_crossed_without_being_reached_is_told() =>
        Audit([Applied("1"), Accrued("0.8", "0.8"), Crossed(80, "0.8", "1"), Crossed(100, "0.8", "1")], ProjectRow with { SpentUsd = 0.8m }, KeyRow with { SpentUsd = 0.8m })
            .ShouldBe(["crossing of 100 %: at least 100 % of 1, not 0.8", "crossed thresholds in the stream against those reached: [80], not [80 100]"]);

    [Fact]
    public void A_threshold_crossed_twice_without_a_clear_between_is_told() =>
        Audit([.. Honest(), Crossed(80, "1.1", "1")]).ShouldBe(["crossing of 80 %: once until cleared, not crossed again"]);

    [Fact]
    public void A_threshold_that_was_cleared_may_be_crossed_again() =>
        Audit([.. Honest(), Applied("10", revision: 2), Cleared(80), Cleared(100), Applied("1", revision: 3), Crossed(80, "1.1", "1"), Crossed(100, "1.1", "1")],
            ProjectRow with { Revision = 3 }).ShouldBeEmpty();

    [Fact]
    public void A_clear_of_what_was_not_crossed_is_told() =>
        Audit([Applied("10"), Accrued("1.1", "1.1"), Cleared(80)], ProjectRow with { BudgetUsd = 10m, Crossed = [] }).ShouldBe(["clearing of 80 %: crossed before, not not crossed"]);

    [Fact]
    public void A_budget_of_0_stands_crossed_at_100_and_nowhere_else() =>
        Audit([Applied("0"), Crossed(100, "0", "0")], ProjectRow with { SpentUsd = 0, BudgetUsd = 0m, Crossed = [100] }, key: null, withoutKey: true).ShouldBeEmpty();

    [Fact]
    public void A_stream_without_a_row_and_a_row_without_a_stream_are_told()
    {
        var findings = new Findings();
        var fold = new SpendFold(findings);
        foreach (var stored in Honest()) fold.Add(stored);
        SpendRow.Compare(fold.Months, new Dictionary<Place, SpendRow> { [Key] = KeyRow, [Workspace] = ProjectRow with { Place = Workspace } }, findings);
        findings.Told().ShouldBe(["row of scope_spend: 1.1, not none", $"events behind the row of scope_spend: {ProjectStream}, not none"]);
    }

    private static List<StoredEvent> Honest() =>
        [Applied("1"), Accrued("0.8", "0.8"), Crossed(80, "0.8", "1"), Accrued("0.3", "1.1"), Crossed(100, "1.1", "1")];

    private static IEnumerable<string> Audit(IEnumerable<StoredEvent> events, SpendRow? project = null, SpendRow? key = null, bool withoutKey = false)
    {
        var findings = new Findings();
        var fold = new SpendFold(findings);
        foreach (var stored in events) fold.Add(stored);
        var rows = new List<SpendRow> { project ?? ProjectRow };
        if (!withoutKey) rows.Add(key ?? KeyRow);
        SpendRow.Compare(fold.Months, rows.ToDictionary(r => r.Place), findings);
        return findings.Told();
    }
}
