using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Alerts;

/// <summary>Usage that does not count as it should is an item, once, until somebody put it away.</summary>
[Collection(nameof(SharedStack))]
public sealed class UsageItemTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task A_model_without_a_price_is_one_item_however_often_it_is_used()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        foreach (var id in new[] { "a", "b", "c" })
        {
            var line = Reports.Line(id, key);
            line["model"] = "gpt-unheard-of";
            await Reports.Http(_stack, line);
        }
        var item = (await workspace.UntilDelivered(1))[0];
        ((string)item["kind"]!, (string)item["scope"]!, (string)item["scope_name"]!).ShouldBe(("unpriced_model", "model", "openai/gpt-unheard-of"));
        ((string)item["crossed_by"]!["id"]!).ShouldBe("a");
        ((string)item["title"]!).ShouldContain("gpt-unheard-of");
    }

    [Fact]
    public async Task The_item_of_a_model_is_over_once_the_workspace_has_a_price_for_it_and_comes_again_when_that_is_gone()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        Task Use(string id, string model)
        {
            var line = Reports.Line(id, key);
            line["model"] = model;
            return Reports.Http(_stack, line);
        }
        await Use("a", "model-of-ours");
        await Use("b", "another");
        await workspace.UntilAlerts(a => a.Count == 2, "two items");
        await workspace.Put("prices", Prices("model-of-ours"));
        var items = await workspace.UntilAlerts(a => a.Any(item => (string)item["status"]! == "resolved"), "the end of one item");
        items.Select(item => $"{item["scope_name"]} {item["status"]}").Order().ShouldBe(["openai/another open", "openai/model-of-ours resolved"]);

        await Use("c", "model-of-ours");
        await workspace.Put("prices", new { providers = Array.Empty<object>() });
        await Use("d", "model-of-ours");
        items = await workspace.UntilAlerts(a => a.Count == 3, "the item anew");
        ((string)items[0]["status"]!, (string)items[0]["crossed_by"]!["id"]!).ShouldBe(("open", "d"));
    }

    [Fact]
    public async Task The_item_of_a_model_ends_with_its_month()
    {
        var workspace = await Workspace.New(_stack);
        var line = Reports.Line("a", await workspace.NewKey());
        line["model"] = "gpt-unheard-of";
        await Reports.Http(_stack, line);
        var item = (await workspace.UntilDelivered(1))[0];
        ((DateTimeOffset)item["resets_at"]!).ShouldBe(Month.Start.AddMonths(1));
        await _stack.Execute("notifier",
            $"update alerts set body = jsonb_set(body, '{{subject,resetsAt}}', to_jsonb(now() - interval '1 minute')) where workspace_id = '{workspace.Id}'");
        // It looks when it starts, and every minute.
        await _stack.Notifier.Kill();
        _stack.Notifier.Launch();
        await _stack.Notifier.UntilHealthy();
        await workspace.UntilAlerts(a => (string)a[0]["status"]! == "resolved", "its end");
    }

    [Fact]
    public async Task Rejected_lines_are_one_item_until_the_last_one_left_the_list_and_then_the_next_is_another()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        JsonObject Bad(string id)
        {
            var line = Reports.Line(id, key);
            line["usage"]!.AsObject().Remove("outputTokens");
            return line;
        }
        await Reports.Publish(_stack, [Bad("one"), Bad("two")]);
        // Of another reporter, and of another list: neither keeps the item open.
        await Reports.Publish(_stack, [Bad("three")], "another");
        await Reports.Http(_stack, new[] { Reports.Line("a", key), Reports.Line("a", key, input: 2) });
        await workspace.UntilAlerts(a => a.Count == 3, "three items");
        var kept = (await workspace.Get("rejected"))["data"]!.AsArray().Where(k => (string)k!["reporter"]! == "gateway:default").Select(k => (string)k!["id"]!).ToList();
        kept.Count.ShouldBe(2);

        await Dismiss(workspace, $"rejected/{kept[0]}");
        await Queues.Empty(_stack, "notifier-usage");
        (await Open(workspace)).ShouldBe(["usage_conflict default", "usage_rejected another", "usage_rejected default"]);
        await Dismiss(workspace, $"rejected/{kept[1]}");
        await Until.Seen(() => Open(workspace), open => open.Count == 2, "the end of the item");
        (await Open(workspace)).ShouldBe(["usage_conflict default", "usage_rejected another"]);
        await Dismiss(workspace, $"conflicts/{(await workspace.Get("conflicts"))["data"]![0]!["id"]}");
        await Until.Seen(() => Open(workspace), open => open.Count == 1, "the end of the other list's item");

        await Reports.Publish(_stack, [Bad("four")]);
        await Until.Seen(() => Open(workspace), open => open.Contains("usage_rejected default"), "the next item");
        (await workspace.Alerts()).Count.ShouldBe(4);
    }

    private static async Task<IReadOnlyList<string>> Open(Workspace workspace) =>
        [.. (await workspace.Alerts("&status=open")).Select(a => $"{a["kind"]} {a["scope_name"]}").Order(StringComparer.Ordinal)];

    private static async Task Dismiss(Workspace workspace, string kept) => (await workspace.Raw(HttpMethod.Post, $"{kept}/dismiss")).EnsureSuccessStatusCode();

    private static object Prices(string model) => new
    {
        providers = new[] { new { id = "openai", models = new[] { new { id = model, prices = new { input_mtok = 1, output_mtok = 10 } } } } },
    };

    [Fact]
    public async Task Conflicts_are_one_item_until_it_is_dismissed_and_then_the_next_is_another()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        async Task Conflict(string id)
        {
            await Reports.Http(_stack, Reports.Line(id, key));
            ((int)(await Reports.Http(_stack, Reports.Line(id, key, input: 7)))["conflicts"]!).ShouldBe(1);
        }
        await Conflict("one");
        var first = (await workspace.UntilAlerts(a => a.Count == 1, "the item"))[0];
        ((string)first["kind"]!, (string)first["scope_name"]!).ShouldBe(("usage_conflict", "default"));
        ((string)first["reason"]!).ShouldContain("USAGE_CONFLICT");
        await Conflict("two");
        await Conflict("three");
        await Queues.Empty(_stack, "notifier-usage");
        (await workspace.Alerts()).Count.ShouldBe(1);
        await workspace.Post($"alerts/{first["id"]}/dismiss", new { });
        await Conflict("four");
        (await workspace.UntilAlerts(a => a.Count == 2, "the next item")).Count(a => (string)a["status"]! == "open").ShouldBe(1);
    }

    [Fact]
    public async Task A_line_that_the_bus_brought_and_cannot_count_is_an_item_of_its_keys_workspace()
    {
        var workspace = await Workspace.New(_stack);
        var (one, two) = (await workspace.Project("One"), await workspace.Project("Two"));
        var line = Reports.Line("wrong-project", await workspace.NewKey(one));
        line["project"] = two.ToString();
        await Reports.Publish(_stack, [line]);
        var item = (await workspace.UntilAlerts(a => a.Count == 1, "the item"))[0];
        ((string)item["kind"]!, (string)item["scope_name"]!).ShouldBe(("usage_rejected", "default"));
        ((string)item["reason"]!).ShouldContain("PROJECT_MISMATCH");
    }
}
