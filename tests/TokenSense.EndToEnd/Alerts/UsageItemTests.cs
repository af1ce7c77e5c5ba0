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
