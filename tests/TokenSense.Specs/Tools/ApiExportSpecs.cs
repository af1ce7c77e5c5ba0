using System.Text.Json;
using Shouldly;
using TokenSense.Tools;
using TokenSense.Tools.Audit;
using Xunit;
using static TokenSense.Specs.Tools.Stored;

namespace TokenSense.Specs.Tools;

public sealed class ApiExportSpecs
{
    private static readonly DayKey Day = new(WorkspaceId, Period, new(2026, 11, 23), ProjectId, KeyId, "openai", "gpt-4o");

    private static readonly KeyValuePair<DayKey, DayTotal>[] Folded =
    [
        new(Day, new(2, 200, 14, 0.0149m, 0)),
        new(Day with { Day = new(2026, 11, 24) }, new(1, 100, 7, 0.001m, 0)),
        new(Day with { ProjectId = Guid.Empty, Model = "gpt-4o-mini" }, new(1, 100, 7, 0.0100m, 1)),
    ];

    // Written out by hand and hashed with sha256sum.
    private const string Checksum = "f61b9194b0ef7f8b084d1d91e0a79069b0dd17254aacdc2073cab12b4cad8e06";

    [Fact]
    public void The_checksum_is_that_of_the_canonical_form() => PeriodForm.Checksum(WorkspaceId, Period, Enumerable.Reverse(Folded)).ShouldBe(Checksum);

    [Fact]
    public void An_export_of_what_was_recorded_has_no_differences() => Told(Answer()).ShouldBeEmpty();

    [Fact]
    public void A_row_of_another_cost_is_told() => Told(Answer(cost: "0.0160")).ShouldBe(["cost_usd of the export: 0.0159, not 0.016"]);

    [Fact]
    public void A_row_that_is_missing_and_one_that_nobody_recorded_are_told() =>
        Told(Answer(model: "other")).ShouldBe([
            "cost_usd of the export: 0.0159, not none", "requests of the export: 3, not none",
            "cost_usd of the export: 0, not 0.0159", "requests of the export: 0, not 3"]);

    [Fact]
    public void Cents_that_are_not_those_of_the_rounded_total_are_told() =>
        Told(Answer(amount: "0.01")).ShouldBe(["amount_usd of the export's rows, in sum: 0.03, not 0.02"]);

    [Fact]
    public void Totals_and_a_checksum_of_something_else_are_told() =>
        Told(Answer(total: "0.0258", rounded: "0.02", checksum: "0")).ShouldBe([
            $"checksum of the export: {Checksum}, not 0", "total_cost_usd of the export: 0.0259, not 0.0258", "total_amount_usd of the export: 0.03, not 0.02"]);

    [Fact]
    public void A_month_that_moved_on_meanwhile_is_no_difference_and_an_older_one_is()
    {
        Told(Answer(revision: 5, cost: "9")).ShouldBeEmpty();
        Told(Answer(revision: 3)).ShouldBe(["revision of the export: 4, not 3"]);
    }

    [Fact]
    public void Listed_lines_must_be_those_of_the_events()
    {
        var (findings, other) = (new Findings(), Guid.NewGuid());
        UsageComparison.Lines(Folded.ToDictionary(), new Dictionary<(Guid, string), (long, decimal)> { [(WorkspaceId, Period)] = (3, 0.0258m), [(other, Period)] = (1, 0) }, findings);
        findings.Told().ShouldBe(["lines of usage_lines: 4, not 3", "cost_usd of usage_lines: 0.0259, not 0.0258", "lines of usage_lines: 0, not 1"]);
    }

    private static IEnumerable<string> Told(JsonElement answer)
    {
        var findings = new Findings();
        new ApiExport(null!, findings).Compare(WorkspaceId, Period, answer, Folded, revision: 4);
        return findings.Told();
    }

    private static JsonElement Answer(
        int revision = 4, string cost = "0.0159", string amount = "0.02", string total = "0.0259", string rounded = "0.03", string model = "gpt-4o", string checksum = Checksum) =>
        JsonSerializer.Deserialize<JsonElement>(
            $$"""
            {"revision":{{revision}},"checksum":"{{checksum}}","total_cost_usd":{{total}},"total_amount_usd":{{rounded}},"rows":[
             {"project_id":"{{ProjectId}}","provider":"openai","model":"{{model}}","requests":3,"cost_usd":{{cost}},"amount_usd":{{amount}}},
             {"project_id":null,"provider":"openai","model":"gpt-4o-mini","requests":1,"cost_usd":0.01,"amount_usd":0.01}]}
            """);
}
