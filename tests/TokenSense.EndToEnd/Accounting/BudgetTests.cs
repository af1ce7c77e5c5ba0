using System.Diagnostics;
using System.Net;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;
using static TokenSense.EndToEnd.Running.GatewayClient;

namespace TokenSense.EndToEnd.Accounting;

/// <summary>Budgets hold at the gateway, and say why.</summary>
[Collection(nameof(SharedStack))]
public sealed class BudgetTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task An_exhausted_project_budget_is_402_with_its_details_and_a_larger_one_lets_through_within_a_second()
    {
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("Client");
        var key = await workspace.NewKey(project);
        await workspace.SetProjectBudget(project, 1m);
        (await UntilCode(_stack, key.Secret, null)).Status.ShouldBe(HttpStatusCode.OK);
        await Reports.Http(_stack, Reports.Line("big", key, input: 300_000, output: 26_000));

        var refused = await UntilCode(_stack, key.Secret, "PROJECT_BUDGET_EXCEEDED");
        refused.Status.ShouldBe(HttpStatusCode.PaymentRequired);
        var error = refused.Body["error"]!;
        ((string)error["message"]!, (string)error["type"]!, (string)error["error_class"]!, (bool)error["retryable"]!, (string)error["scope"]!)
            .ShouldBe(("Monthly project budget exceeded.", "billing_error", "budget_exceeded", false, "project"));
        (Money(error["budget_usd"]), Money(error["spent_usd"])).ShouldBe((1m, 1.01m));
        ((Guid)error["project_id"]!, (string)error["period"]!).ShouldBe((project, DateTime.UtcNow.ToString("yyyy-MM")));
        var listed = error["budgets"]!.AsArray().ShouldHaveSingleItem()!;
        ((string)listed["scope"]!, (Guid)listed["id"]!, Money(listed["budget_usd"])).ShouldBe(("project", project, 1m));

        var watch = Stopwatch.StartNew();
        await workspace.SetProjectBudget(project, 2m);
        await UntilCode(_stack, key.Secret, null, secondsMax: 1);
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task The_workspace_budget_blocks_all_its_projects_and_names_the_widest()
    {
        var workspace = await Workspace.New(_stack);
        var (one, two) = (await workspace.Project("One"), await workspace.Project("Two"));
        var (first, second) = (await workspace.NewKey(one), await workspace.NewKey(two));
        await workspace.SetProjectBudget(one, 0.5m);
        await workspace.SetProjectBudget(two, 100m);
        await workspace.SetBudget(1m);
        await Reports.Http(_stack, Reports.Line("big", first, input: 400_000, output: 0));
        // Each scope's state is a message of its own, so the second may be a moment behind.
        var refused = await Until.Seen(() => Authorize(_stack, first.Secret), a => a.Body["error"]?["budgets"]?.AsArray().Count == 2, "both budgets");
        refused.Code.ShouldBe("BUDGET_EXCEEDED");
        refused.Body["error"]!["budgets"]!.AsArray().Select(b => (string)b!["scope"]!).ShouldBe(["workspace", "project"]);
        await UntilCode(_stack, second.Secret, "BUDGET_EXCEEDED");
    }

    [Fact]
    public async Task A_key_without_a_project_is_held_by_the_workspaces_budget_alone()
    {
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("Blocked");
        await workspace.SetProjectBudget(project, 0m);
        var (free, bound) = (await workspace.NewKey(), await workspace.NewKey(project));
        await UntilCode(_stack, bound.Secret, "PROJECT_BUDGET_EXCEEDED");
        await UntilCode(_stack, free.Secret, null);
        (await Authorize(_stack, free.Secret, project: "blocked")).Code.ShouldBe("PROJECT_BUDGET_EXCEEDED");
        await workspace.SetBudget(0.2m);
        await Reports.Http(_stack, Reports.Line("call", free, input: 100_000, output: 0));
        await UntilCode(_stack, free.Secret, "BUDGET_EXCEEDED");
        (await workspace.SpendNow()).Unassigned.ShouldBe(0.25m);
    }

    [Fact]
    public async Task A_keys_own_budget_blocks_that_key_alone()
    {
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("Client");
        var (one, two) = (await workspace.NewKey(project), await workspace.NewKey(project));
        await workspace.SetBudget(0.1m, $"keys/{one.Id}/");
        await Reports.Http(_stack, Reports.Line("call", one, input: 100_000, output: 0));
        await UntilCode(_stack, one.Secret, "KEY_BUDGET_EXCEEDED");
        (await Authorize(_stack, two.Secret)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_alerting_budget_never_blocks_and_warns_in_the_headers()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        await workspace.SetBudget(0.3m, mode: "alert");
        await Reports.Http(_stack, Reports.Line("call", key, input: 200_000, output: 0));
        var warned = await Until.Seen(() => Authorize(_stack, key.Secret), a => a.Response.Headers.Contains("x-tokensense-budget-warning"), "the warning");
        warned.Status.ShouldBe(HttpStatusCode.OK);
        warned.Response.Headers.GetValues("x-tokensense-budget-limit-usd").Single().ShouldBe("0.3");
    }

    [Fact]
    public async Task Late_usage_counts_in_its_own_month_and_not_against_a_budget_set_since()
    {
        await using var crossings = await Crossings.Watch(_stack);
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        await workspace.SetBudget(0.2m);
        var now = DateTime.UtcNow;
        var lastMonth = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero).AddDays(-1);
        var late = Reports.Line("late", key, input: 200_000, output: 0);
        late["time"] = lastMonth.ToString("o");
        await Reports.Http(_stack, late);
        var past = await Until.Seen(() => workspace.Get($"spend?period={lastMonth:yyyy-MM}"), s => Money(s["workspace"]!["spent_usd"]) > 0, "last month's spend");
        (Money(past["workspace"]!["spent_usd"]), past["workspace"]!["budget_usd"]).ShouldBe((0.5m, null));
        (await workspace.SpendNow()).Workspace.ShouldBe(0);
        (await Authorize(_stack, key.Secret)).Code.ShouldBeNull();
        crossings.Of(workspace).ShouldBeEmpty();
    }

    [Fact]
    public async Task Removing_a_budget_unblocks_at_once_and_setting_it_again_crosses_again()
    {
        await using var crossings = await Crossings.Watch(_stack);
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        await workspace.SetBudget(0.2m);
        await Reports.Http(_stack, Reports.Line("call", key, input: 100_000, output: 0));
        await UntilCode(_stack, key.Secret, "BUDGET_EXCEEDED");
        (await workspace.Raw(HttpMethod.Delete, "budget")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await UntilCode(_stack, key.Secret, null, secondsMax: 1);
        await workspace.SetBudget(0.25m);
        await UntilCode(_stack, key.Secret, "BUDGET_EXCEEDED");
        await Until.Seen(() => Task.FromResult(crossings.Of(workspace)), c => c.Count == 4, "two crossings, twice");
    }

    [Fact]
    public async Task A_revoked_key_and_a_rotated_one_and_an_archived_project_stop_at_the_gateway_within_a_second()
    {
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("Client");
        var (revoked, rotated, archived) = (await workspace.NewKey(), await workspace.NewKey(), await workspace.NewKey(project));
        foreach (var key in new[] { revoked, rotated, archived }) await UntilCode(_stack, key.Secret, null);
        await workspace.Raw(HttpMethod.Delete, $"keys/{revoked.Id}");
        await UntilCode(_stack, revoked.Secret, "INVALID_API_KEY", secondsMax: 1);
        var fresh = (string)(await workspace.Post($"keys/{rotated.Id}/rotate", new { overlap_hours = 0 }))["secret"]!;
        await UntilCode(_stack, rotated.Secret, "INVALID_API_KEY", secondsMax: 1);
        await UntilCode(_stack, fresh, null, secondsMax: 1);
        await workspace.Post($"projects/{project}/archive", new { });
        (await UntilCode(_stack, archived.Secret, "INVALID_API_KEY", secondsMax: 1)).Body["error"]!["reason"].ShouldNotBeNull();
    }
}
