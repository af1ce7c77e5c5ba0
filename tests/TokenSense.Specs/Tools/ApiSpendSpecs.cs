using System.Text.Json;
using Shouldly;
using TokenSense.Tools;
using TokenSense.Tools.Audit;
using Xunit;
using static TokenSense.Specs.Tools.Stored;

namespace TokenSense.Specs.Tools;

public sealed class ApiSpendSpecs
{
    private static readonly SpendRow Row = new(Project, WorkspaceId, ProjectStream, 1.1m, 2m, [80, 100], 1, [], 3);

    [Fact]
    public void An_answer_that_says_what_the_rows_say_has_no_differences() => Told(Answer()).ShouldBeEmpty();

    [Fact]
    public void A_scope_that_says_another_spend_or_budget_is_told() =>
        Told(Answer(spent: "1.2", budget: "null", workspace: "1.2")).ShouldBe(["spent_usd in GET spend: 1.1, not 1.2", "budget_usd in GET spend: 2, not none"]);

    [Fact]
    public void An_answer_older_than_the_rows_is_told() => Told(Answer(version: 2)).ShouldBe(["version in GET spend: 3, not 2"]);

    [Fact]
    public void A_scope_that_moved_on_meanwhile_is_no_difference() => Told(Answer(spent: "1.2", workspace: "1.2", version: 4)).ShouldBeEmpty();

    [Fact]
    public void Projects_that_do_not_sum_to_the_workspace_are_told() =>
        Told(Answer(workspace: "1.3")).ShouldBe(["projects + unassigned of the API against its workspace: 1.3, not 1.1"]);

    [Fact]
    public void A_row_that_the_answer_leaves_out_is_told() =>
        Told(Answer(project: Guid.NewGuid(), version: 0, spent: "0", workspace: "0")).ShouldBe(["scope in GET spend: 1.1, not none"]);

    private static IEnumerable<string> Told(JsonElement answer)
    {
        var findings = new Findings();
        new ApiSpend(null!, findings).Compare(WorkspaceId, Period, answer, [Row]);
        return findings.Told();
    }

    private static JsonElement Answer(string spent = "1.1", string budget = "2", string workspace = "1.1", int version = 3, Guid? project = null) => JsonSerializer.Deserialize<JsonElement>(
        $$"""
        {"workspace":{"scope":"workspace","id":"{{WorkspaceId}}","spent_usd":{{workspace}},"budget_usd":null,"version":9},
         "projects":[{"scope":"project","id":"{{project ?? ProjectId}}","spent_usd":{{spent}},"budget_usd":{{budget}},"version":{{version}}}],
         "unassigned":{"scope":"unassigned","id":null,"spent_usd":0,"version":9},"keys":[]}
        """);
}
