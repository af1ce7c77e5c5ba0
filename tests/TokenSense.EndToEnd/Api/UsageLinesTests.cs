using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Api;

/// <summary><c>GET usage</c> without <c>group_by</c>: the lines themselves.</summary>
[Collection(nameof(SharedStack))]
public sealed class UsageLinesTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task Pages_show_each_line_once_also_when_many_have_one_time_and_more_arrive()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        var time = DateTimeOffset.UtcNow.AddMinutes(-10);
        await Reports.Http(_stack, Enumerable.Range(0, 130).Select(n => At($"line-{n}", key, n < 100 ? time : time.AddSeconds(n))).ToList());
        var (seen, cursor) = (new List<string>(), "");
        for (var page = 0; ; page++)
        {
            var answer = await workspace.Get($"usage?limit=20{cursor}");
            seen.AddRange(answer["data"]!.AsArray().Select(l => (string)l!["id"]!));
            if ((string?)answer["next_cursor"] is not { } next) break;
            cursor = $"&cursor={next}";
            // One newer than all that is shown, and one where the list is just now.
            await Reports.Http(_stack, new[] { At($"new-{page}", key, DateTimeOffset.UtcNow), At($"old-{page}", key, time) });
        }
        seen.Where(id => id.StartsWith("line-", StringComparison.Ordinal)).Order().ShouldBe(Enumerable.Range(0, 130).Select(n => $"line-{n}").Order());
        seen.Distinct().Count().ShouldBe(seen.Count);
        seen[0].ShouldBe("line-129");
    }

    [Fact]
    public async Task A_line_says_what_was_used_and_where_its_cost_is_from()
    {
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("Client");
        var (one, free) = (await workspace.NewKey(project), await workspace.NewKey());
        var (priced, reported, unpriced) = (Reports.Line("priced", one), Reports.Line("reported", free), Reports.Line("unpriced", free));
        (reported["model"], reported["costUsd"], reported["estimated"]) = ("no-such-model", JsonNode.Parse("0.123456789012"), true);
        unpriced["model"] = "no-such-model";
        await Reports.Http(_stack, new[] { priced, reported, unpriced });

        var lines = (await workspace.Get("usage"))["data"]!.AsArray().ToDictionary(l => (string)l!["id"]!, l => l!);
        lines.Count.ShouldBe(3);
        var line = lines["priced"];
        ((string)line["source"]!, (Guid)line["key_id"]!, (Guid)line["project_id"]!, (string)line["provider"]!, (string)line["model"]!)
            .ShouldBe(("default", one.Id, project, "openai", "gpt-4o"));
        ((long)line["usage"]!["input_tokens"]!, (long)line["usage"]!["output_tokens"]!, (bool)line["estimated"]!, (string)line["cost_from"]!).ShouldBe((1_000, 100, false, "price_book"));
        (GatewayClient.Money(line["cost_usd"]), GatewayClient.Money(lines["reported"]["cost_usd"])).ShouldBe((Reports.Cost(1_000, 100), 0.123456789012m));
        ((string)lines["reported"]["cost_from"]!, (bool)lines["reported"]["estimated"]!, lines["reported"]["project_id"]).ShouldBe(("reported", true, null));
        ((string)lines["unpriced"]["cost_from"]!, (bool)lines["unpriced"]["unpriced"]!, lines["unpriced"]["cost_usd"]).ShouldBe(("unpriced", true, null));
        (await workspace.Get("usage/default/priced"))["recorded_at"]!.GetValue<DateTimeOffset>()
            .ShouldBe(line["recorded_at"]!.GetValue<DateTimeOffset>(), TimeSpan.FromMicroseconds(1));
    }

    [Fact]
    public async Task Lines_and_totals_are_chosen_by_project_key_model_and_time()
    {
        var workspace = await Workspace.New(_stack, "Pacific/Auckland");
        var (one, free) = (await workspace.NewKey(await workspace.Project("Client")), await workspace.NewKey());
        // Auckland's evening of one day and the next one's morning.
        var midnight = new DateTimeOffset(DateTime.UtcNow.Date.AddDays(-3).AddHours(11), TimeSpan.Zero);
        var mini = At("mini", free, midnight.AddHours(3));
        mini["model"] = "gpt-4o-mini";
        await Reports.Http(_stack, new[] { At("evening", one, midnight.AddHours(-3)), At("morning", one, midnight.AddHours(3)), mini });
        var day = DateOnly.FromDateTime(midnight.AddHours(13).UtcDateTime).ToString("yyyy-MM-dd");
        foreach (var (query, ids) in new[]
        {
            ("project=client", "evening morning"), ("project=unassigned", "mini"), ($"key={one.Id}", "evening morning"), ("model=gpt-4o-mini", "mini"),
            ($"from={day}", "mini morning"), ($"to={day}&key={one.Id}", "evening morning"), ($"from={day}&to={day}&project=client", "morning"),
            ($"to={Uri.EscapeDataString(midnight.AddHours(3).ToString("o"))}", "evening"), ($"from={midnight.AddHours(3):yyyy-MM-ddTHH:mm:ssZ}", "mini morning"),
        })
            string.Join(' ', (await workspace.Get($"usage?{query}"))["data"]!.AsArray().Select(l => (string)l!["id"]!).Order()).ShouldBe(ids, query);
        foreach (var (query, requests) in new[] { ("project=client", 2), ("project=unassigned", 1), ($"key={free.Id}", 1), ("model=gpt-4o", 2), ("", 3) })
            (await workspace.Get($"usage?group_by=project&{query}"))["data"]!.AsArray().Sum(r => (long)r!["requests"]!).ShouldBe(requests, query);

        var wrong = await workspace.Raw(HttpMethod.Get, "usage?from=yesterday&to=2026-02-30&key=mine&limit=0&cursor=1");
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        JsonNode.Parse(await wrong.Content.ReadAsStringAsync())!["errors"]!.AsObject().Select(e => e.Key).Order().ShouldBe(["cursor", "from", "key", "limit", "to"]);
        (await workspace.Raw(HttpMethod.Get, "usage?project=nobody")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Lines_that_an_earlier_release_recorded_are_listed_after_the_next_start()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        await Reports.Http(_stack, Enumerable.Range(0, 60).Select(n => Reports.Line($"line-{n}", key)).ToList());
        var before = await workspace.Get("usage?limit=200");
        await _stack.Metering.Kill();
        // As that release left it: events, and nothing of them in the list.
        await _stack.Execute("metering",
            $"""
            delete from usage_lines where workspace_id = '{workspace.Id}';
            update usage_lines_filled set sequence = (select min(seq_id) - 1 from mt_events where tenant_id = '{workspace.Id}');
            update mt_events set timestamp = now() - interval '2 minutes' where tenant_id = '{workspace.Id}';
            """);
        _stack.Metering.Launch();
        await _stack.Metering.UntilHealthy();
        var after = await Until.Seen(() => workspace.Get("usage?limit=200"), a => a["data"]!.AsArray().Count == 60, "the lines again");
        JsonSerializer.Serialize(after).ShouldBe(JsonSerializer.Serialize(before));
    }

    private static JsonObject At(string id, Workspace.Key key, DateTimeOffset time)
    {
        var line = Reports.Line(id, key);
        line["time"] = time.ToString("o");
        return line;
    }
}
