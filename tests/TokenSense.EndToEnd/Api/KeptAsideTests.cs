using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Alerts;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Api;

/// <summary>What does not count is shown to whom it concerns, taken again, or dismissed.</summary>
[Collection(nameof(SharedStack))]
public sealed class KeptAsideTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task A_rejected_line_is_taken_again_and_leaves_the_list_once_it_counts()
    {
        await using var told = await Watcher.On(_stack, "UsageRejected");
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        var early = Reports.Line("early", key);
        early["time"] = DateTimeOffset.UtcNow.AddMinutes(5).AddSeconds(20).ToString("o");
        await Reports.Publish(_stack, [early]);
        var kept = (await Listed(workspace, "rejected", 1)).Single()!;
        ((string)kept["code"]!, (string)kept["usage_id"]!, (string)kept["reported"]!["id"]!).ShouldBe(("TIME_OUT_OF_RANGE", "early", "early"));
        await Until.Seen(() => Task.FromResult(told.Seen.Count(r => (Guid?)r["workspaceId"] == workspace.Id)), count => count == 1, "UsageRejected with its workspace");

        ((string)(await workspace.Post($"rejected/{kept["id"]}/retry", new { }))["status"]!).ShouldBe("rejected");
        (await Listed(workspace, "rejected", 1)).Count.ShouldBe(1);
        await Until.Seen(() => workspace.Post($"rejected/{kept["id"]}/retry", new { }), a => (string)a["status"]! == "accepted", "the time of the line");
        (await Listed(workspace, "rejected", 0)).ShouldBeEmpty();
        (await workspace.UntilSpent(Reports.Cost(1_000, 100))).Workspace.ShouldBe(Reports.Cost(1_000, 100));
        (await workspace.Raw(HttpMethod.Post, $"rejected/{kept["id"]}/retry")).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        // Each try is a change with somebody's name.
        var log = (await workspace.Get($"audit?subject={kept["id"]}"))["data"]!.AsArray();
        log.ShouldAllBe(e => (string)e!["action"]! == "kept_line.retried" && (string)e["subject"]!["name"]! == "early" && (string)e["actor"]!["email"]! == Stack.OwnerEmail && e["from"] != null);
        (log[0]!["before"]!.ToJsonString(), log[0]!["after"]!.ToJsonString()).ShouldBe(
            ("""{"status":"kept","code":"TIME_OUT_OF_RANGE"}""", """{"status":"accepted","code":null}"""));
        log.Skip(1).ShouldAllBe(e => e!["after"]!.ToJsonString() == "{}");
    }

    [Fact]
    public async Task A_line_with_a_providers_own_body_is_taken_again_by_what_was_read_of_it_and_nothing_else_is_kept()
    {
        var workspace = await Workspace.New(_stack);
        var early = Reports.Line("early", await workspace.NewKey());
        early.Remove("usage");
        early.Remove("model");
        early["time"] = DateTimeOffset.UtcNow.AddMinutes(5).AddSeconds(20).ToString("o");
        early["response"] = JsonNode.Parse(
            """{"object":"chat.completion","model":"gpt-4o","choices":[{"message":{"content":"what nobody may keep"}}],"usage":{"prompt_tokens":1000,"completion_tokens":100}}""");
        await Reports.Publish(_stack, [early]);
        var kept = (await Listed(workspace, "rejected", 1)).Single()!;
        ((string)kept["code"]!, (string)kept["reported"]!["model"]!, kept["reported"]!["usage"]!.ToJsonString()).ShouldBe(
            ("TIME_OUT_OF_RANGE", "gpt-4o", """{"input_tokens":1000,"output_tokens":100}"""));
        kept.ToJsonString().ShouldNotContain("nobody");
        await workspace.UntilAlerts(a => a.Count == 1, "the item");

        await Until.Seen(() => workspace.Post($"rejected/{kept["id"]}/retry", new { }), a => (string)a["status"]! == "accepted", "the time of the line");
        (await workspace.UntilSpent(Reports.Cost(1_000, 100))).Workspace.ShouldBe(Reports.Cost(1_000, 100));
        await workspace.UntilAlerts(a => a.All(item => (string)item["status"]! == "resolved"), "the end of the item with its last line");
    }

    [Fact]
    public async Task A_dismissed_line_is_not_listed_again_whatever_its_reporter_repeats()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        var lines = Enumerable.Range(0, 7).Select(n => Invalid($"bad-{n}", key)).ToList();
        await Reports.Publish(_stack, lines);
        await Listed(workspace, "rejected", 7);

        // All have one time, so a cursor of the time alone would leave some out.
        var (ids, cursor) = (new List<string>(), "");
        do
        {
            var page = await workspace.Get($"rejected?limit=2{cursor}");
            ids.AddRange(page["data"]!.AsArray().Select(k => (string)k!["id"]!));
            cursor = (string?)page["next_cursor"] is { } next ? $"&cursor={next}" : "";
        }
        while (cursor.Length > 0);
        ids.Distinct().Count().ShouldBe(7);

        foreach (var id in ids) (await workspace.Raw(HttpMethod.Post, $"rejected/{id}/dismiss")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Reports.Publish(_stack, [.. lines, Invalid("bad-7", key)]);
        (await Listed(workspace, "rejected", 1)).Select(k => (string)k!["usage_id"]!).ShouldBe(["bad-7"]);
        (await workspace.Raw(HttpMethod.Post, $"rejected/{ids[0]}/retry")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await workspace.Raw(HttpMethod.Post, $"rejected/{Guid.NewGuid()}/dismiss")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_conflict_is_dismissed_and_never_taken_again()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        await Reports.Http(_stack, new[] { Reports.Line("a", key), Reports.Line("a", key, input: 2), Reports.Line("a", key, input: 3) });
        var listed = await Listed(workspace, "conflicts", 2);
        var first = await workspace.Get("conflicts?limit=1");
        ((string)(await workspace.Get($"conflicts?limit=1&cursor={first["next_cursor"]}"))["data"]![0]!["id"]!).ShouldNotBe((string)first["data"]![0]!["id"]!);
        var retried = await workspace.Raw(HttpMethod.Post, $"conflicts/{listed[0]!["id"]}/retry");
        (retried.StatusCode, (string?)JsonNode.Parse(await retried.Content.ReadAsStringAsync())!["code"]).ShouldBe((HttpStatusCode.Conflict, "CONFLICT_STANDS"));
        for (var twice = 0; twice < 2; twice++) (await workspace.Raw(HttpMethod.Post, $"conflicts/{listed[0]!["id"]}/dismiss")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await workspace.Get("audit?action=kept_line.dismissed"))["data"]!.AsArray().Count.ShouldBe(1);
        (await Listed(workspace, "conflicts", 1)).Single()!["id"]!.ToString().ShouldBe(listed[1]!["id"]!.ToString());
    }

    [Fact]
    public async Task Another_workspace_sees_none_of_it_and_a_viewer_changes_none()
    {
        var (workspace, other) = (await Workspace.New(_stack), await Workspace.New(_stack));
        await Reports.Publish(_stack, [Invalid("bad", await workspace.NewKey())]);
        var id = (string)(await Listed(workspace, "rejected", 1))[0]!["id"]!;
        (await Listed(other, "rejected", 0)).ShouldBeEmpty();
        foreach (var verb in new[] { "retry", "dismiss" })
        {
            (await other.Raw(HttpMethod.Post, $"rejected/{id}/{verb}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
            (await AsViewer(workspace, $"rejected/{id}/{verb}")).ShouldBe(HttpStatusCode.Forbidden);
        }
        (await Listed(workspace, "rejected", 1)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_model_without_a_price_is_told_once_for_each_month()
    {
        await using var told = await Watcher.On(_stack, "ModelUnpriced");
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        JsonObject Unpriced(string id, string model, DateTimeOffset? time = null)
        {
            var line = Reports.Line(id, key);
            line["model"] = model;
            if (time is { } at) line["time"] = at.ToString("o");
            return line;
        }
        await Reports.Http(_stack, new[] { Unpriced("a", "one"), Unpriced("b", "one"), Reports.Line("priced", key) });
        await Reports.Http(_stack, new[] { Unpriced("c", "one"), Unpriced("d", "two") });
        var lastMonth = DateTimeOffset.UtcNow.AddDays(-DateTime.UtcNow.Day);
        await Reports.Http(_stack, Unpriced("e", "one", lastMonth));
        await Until.Seen(() => Task.FromResult(Of(workspace, told)), t => t.Count == 3, "three models told of");
        await Reports.Http(_stack, new[] { Unpriced("f", "one"), Unpriced("g", "one", lastMonth), Unpriced("h", "last") });
        await Until.Seen(() => Task.FromResult(Of(workspace, told)), t => t.Count >= 4, "the last model");
        Of(workspace, told).ShouldBe([$"{DateTime.UtcNow:yyyy-MM} one by a", $"{DateTime.UtcNow:yyyy-MM} two by d", $"{lastMonth:yyyy-MM} one by e", $"{DateTime.UtcNow:yyyy-MM} last by h"], ignoreOrder: true);
    }

    [Fact]
    public async Task However_many_are_refused_at_once_each_is_kept()
    {
        var (workspace, other) = (await Workspace.New(_stack), await Workspace.New(_stack));
        var (key, others) = (await workspace.NewKey(), await other.NewKey());
        await Reports.Http(_stack, Enumerable.Range(0, 100).Select(n => Reports.Line($"twice-{n}", others)).ToList());
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async publisher =>
        {
            await Reports.Publish(_stack, Enumerable.Range(0, 20).SelectMany(n => new[] { Invalid($"{publisher}-{n}", key), Reports.Line($"good {publisher}-{n}", key) }), linesPerMessage: 2);
            // Conflicts are told of by whoever records, refusals by who reads.
            await Reports.Publish(_stack, Enumerable.Range(0, 10).Select(n => Reports.Line($"twice-{publisher * 10 + n}", others, input: 7)), linesPerMessage: 1);
        }));
        await workspace.UntilSpent(160 * Reports.Cost(1_000, 100));
        (await Listed(workspace, "rejected?limit=200", 160)).ShouldAllBe(row => (string)row!["code"]! == "INVALID_LINE");
        await Listed(other, "conflicts?limit=200", 80);
    }

    private static List<string> Of(Workspace workspace, Watcher told) =>
        [.. told.Seen.Where(m => (Guid)m["workspaceId"]! == workspace.Id).Select(m => $"{m["period"]} {m["model"]} by {m["firstUsage"]!["id"]}")];

    private static JsonObject Invalid(string id, Workspace.Key key)
    {
        var line = Reports.Line(id, key);
        line["usage"]!.AsObject().Remove("outputTokens");
        return line;
    }

    private static Task<JsonArray> Listed(Workspace workspace, string list, int count) =>
        Until.Seen(async () => (await workspace.Get(list))["data"]!.AsArray(), rows => rows.Count == count, $"{count} {list}");

    private async Task<HttpStatusCode> AsViewer(Workspace workspace, string path)
    {
        var token = (string)(await workspace.Post("tokens", new { name = $"viewer {Guid.NewGuid():N}", role = "viewer" }))["token"]!;
        using var http = new HttpClient { BaseAddress = new Uri(_stack.Dashboard.Url), DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
        return (await http.PostAsync($"/api/v1/workspaces/{workspace.Slug}/{path}", null)).StatusCode;
    }
}
