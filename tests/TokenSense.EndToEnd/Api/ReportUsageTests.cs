using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Api;

/// <summary><c>POST /api/v1/usage</c> and <c>UsageReported</c>: whatever is wrong with one item is said of that item, and the others count.</summary>
[Collection(nameof(SharedStack))]
public sealed class ReportUsageTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task One_bad_item_never_stops_the_others_and_each_gets_its_own_answer()
    {
        var workspace = await Workspace.New(_stack);
        await workspace.Project("Another");
        var key = await workspace.NewKey(await workspace.Project("Client"));
        JsonObject With(string id, Action<JsonObject> change)
        {
            var line = Reports.Line(id, key);
            change(line);
            return line;
        }
        var answer = await Reports.Http(_stack, new JsonArray(
            Reports.Line("good-1", key),
            With("no-model", l => l.Remove("model")),
            With("negative", l => l["usage"]!["inputTokens"] = -1),
            With("casing", l => { l["usage"]!.AsObject().Remove("inputTokens"); l["usage"]!["InputTokens"] = 5; }),
            With("text", l => l["usage"]!["inputTokens"] = "5"),
            With("absurd", l => l["usage"]!["inputTokens"] = 10_000_000_001),
            With("parts", l => l["usage"]!["cacheReadTokens"] = 2_000),
            With("early", l => l["time"] = DateTimeOffset.UtcNow.AddMinutes(6).ToString("o")),
            With("late", l => l["time"] = DateTimeOffset.UtcNow.AddDays(-91).ToString("o")),
            With("other-project", l => l["project"] = "another"),
            With("unknown-project", l => l["project"] = "not-there"),
            With("unknown-key", l => l["keySha256"] = new string('f', 64)),
            JsonValue.Create(7),
            With("half-a-character", l => l["apiFlavor"] = "HALF"),
            Reports.Line("good-1", key),
            Reports.Line("good-2", key)).ToJsonString().Replace("HALF", "\\ud800"));
        answer["results"]!.AsArray().Select(r => $"{(string?)r!["status"]} {(string?)r["code"]}".TrimEnd()).ShouldBe(
        [
            "accepted", "rejected INVALID_LINE", "rejected INVALID_USAGE", "rejected INVALID_LINE", "rejected INVALID_LINE", "rejected INVALID_USAGE",
            "rejected INVALID_USAGE", "rejected TIME_OUT_OF_RANGE", "rejected TIME_OUT_OF_RANGE", "rejected PROJECT_MISMATCH", "pending UNKNOWN_PROJECT", "pending UNKNOWN_KEY",
            "rejected INVALID_LINE", "rejected INVALID_LINE", "duplicate", "accepted",
        ]);
        ((int)answer["accepted"]!, (int)answer["duplicates"]!, (int)answer["pending"]!, (int)answer["rejected"]!).ShouldBe((2, 1, 2, 11));
        (await workspace.UntilSpent(2 * Reports.Cost(1_000, 100))).Workspace.ShouldBe(2 * Reports.Cost(1_000, 100));
    }

    [Theory]
    [InlineData("{", HttpStatusCode.BadRequest, "INVALID_REQUEST")]
    [InlineData("", HttpStatusCode.BadRequest, "INVALID_REQUEST")]
    [InlineData("[]", HttpStatusCode.BadRequest, "INVALID_REQUEST")]
    [InlineData("TOO MANY", HttpStatusCode.RequestEntityTooLarge, "REQUEST_TOO_LARGE")]
    [InlineData("TOO LARGE", HttpStatusCode.RequestEntityTooLarge, "REQUEST_TOO_LARGE")]
    [InlineData("TOO DEEP", HttpStatusCode.BadRequest, "INVALID_REQUEST")]
    public async Task A_body_that_cannot_be_read_is_refused_whole(string body, HttpStatusCode status, string code)
    {
        body = body switch
        {
            "TOO MANY" => $"[{string.Join(',', Enumerable.Repeat("{}", 1_001))}]",
            "TOO LARGE" => $"[\"{new string('x', 5_000_000)}\"]",
            "TOO DEEP" => new string('[', 200) + new string(']', 200),
            _ => body,
        };
        var response = await Reports.HttpRaw(_stack, body);
        response.StatusCode.ShouldBe(status);
        ((string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["code"]).ShouldBe(code);
    }

    [Fact]
    public async Task Only_gateways_and_keys_with_the_scope_may_report_and_a_key_only_for_itself()
    {
        var workspace = await Workspace.New(_stack);
        var (caller, reporter) = (await workspace.NewKey(), await workspace.NewKey(null, "call", "report"));
        (await Reports.HttpRaw(_stack, "{}", token: null)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await Reports.HttpRaw(_stack, "{}", token: "tsg_made-up")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await Reports.HttpRaw(_stack, "{}", token: caller.Secret)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        var own = Reports.Line("own", reporter);
        own.Remove("keySha256");
        ((string?)(await Reports.Http(_stack, own, reporter.Secret))["results"]![0]!["status"]).ShouldBe("accepted");
        ((string?)(await Reports.Http(_stack, Reports.Line("other", caller), reporter.Secret))["results"]![0]!["code"]).ShouldBe("KEY_MISMATCH");
    }

    [Fact]
    public async Task CloudEvents_are_taken_one_or_many_with_the_events_id_and_source()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        JsonObject Event(string id)
        {
            var data = Reports.Line("ignored", key);
            return new() { ["specversion"] = "1.0", ["type"] = "tokensense.usage.reported.v1", ["id"] = id, ["source"] = "urn:gateway", ["data"] = data };
        }
        var one = await Reports.Http(_stack, Event("e1"), contentType: "application/cloudevents+json");
        ((int)one["accepted"]!).ShouldBe(1);
        var wrong = Event("e3");
        wrong["type"] = "something.else";
        var many = await Reports.Http(_stack, new JsonArray(Event("e1"), Event("e2"), wrong), contentType: "application/cloudevents-batch+json");
        many["results"]!.AsArray().Select(r => (string?)r!["status"]).ShouldBe(["duplicate", "accepted", "rejected"]);
        var explained = await workspace.Get($"usage/{Uri.EscapeDataString("urn:gateway")}/e2");
        ((string?)explained["source"], (string?)explained["id"]).ShouldBe(("urn:gateway", "e2"));
    }

    [Fact]
    public async Task One_usage_is_explained_as_soon_as_its_report_was_answered()
    {
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("Client");
        var line = Reports.Line("why", await workspace.NewKey(project), input: 1_000, output: 100);
        line["usage"]!["cacheReadTokens"] = 400;
        await Reports.Http(_stack, line);
        var explained = await workspace.Get("usage/default/why");
        GatewayClient.Money(explained["cost_usd"]).ShouldBe(600 * 0.0000025m + 400 * 0.00000125m + 100 * 0.00001m);
        ((string?)explained["cost_from"]).ShouldBe("price_book");
        explained["price"]!["lines"]!.AsArray().Select(l => $"{(string?)l!["class"]} {(long)l["units"]!}").Order()
            .ShouldBe(["cache_read_tokens 400", "input_tokens 600", "output_tokens 100"]);
        explained["streams"]!.AsArray().Count.ShouldBe(3);
        (await workspace.Raw(HttpMethod.Get, "usage/default/never")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("openai", "chat", """{"object":"chat.completion","model":"gpt-4o","choices":[{"message":{"content":"private"}}],"usage":{"prompt_tokens":1000,"completion_tokens":100}}""")]
    [InlineData("openai", "responses", """{"object":"response","model":"gpt-4o","output":[{"content":[{"text":"private"}]}],"usage":{"input_tokens":1000,"output_tokens":100}}""")]
    [InlineData("openai", "embeddings", """{"object":"list","model":"text-embedding-3-small","data":[{"embedding":[0.1]}],"usage":{"prompt_tokens":1000,"total_tokens":1000}}""")]
    [InlineData("azure", "chat", """{"object":"chat.completion","model":"gpt-4o","choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":100}}""")]
    [InlineData("deepseek", "chat", """{"object":"chat.completion","model":"deepseek-chat","choices":[],"usage":{"prompt_tokens":1000,"completion_tokens":100}}""")]
    public async Task A_providers_own_body_counts_the_same_with_its_flavor_and_without(string provider, string flavor, string body)
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        JsonObject Item(string id)
        {
            var item = Reports.Line(id, key);
            item.Remove("usage");
            item.Remove("model");
            (item["provider"], item["response"]) = (provider, JsonNode.Parse(body));
            return item;
        }
        var (with, without) = (Item("with"), Item("without"));
        with["api_flavor"] = flavor;
        (await Reports.Http(_stack, new JsonArray(with, without)))["results"]!.AsArray().ShouldAllBe(r => (string)r!["status"]! == "accepted");
        var (one, other) = (await workspace.Get("usage/default/with"), await workspace.Get("usage/default/without"));
        ((string)other["model"]!, (long)other["usage"]!["input_tokens"]!).ShouldBe(((string)JsonNode.Parse(body)!["model"]!, 1_000));
        (other["usage"]!.ToJsonString(), GatewayClient.Money(other["cost_usd"])).ShouldBe((one["usage"]!.ToJsonString(), GatewayClient.Money(one["cost_usd"])));
    }

    [Fact]
    public async Task A_usage_is_found_by_its_source_and_id_whatever_stands_in_them()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        (string Source, string Id)[] names =
        [
            ("/my/gateway", "a"), ("https://gw.example/a", "req/1"), ("https://gw.example/a", "req%2F1"), ("a/b", "x"), ("a%2Fb", "x"), ("a%252Fb", "x"),
            ("100 %", "?#&=+;"), ("Gerät", "ä/ö"),
        ];
        foreach (var (source, id) in names)
        {
            var item = Reports.Line(id, key);
            item["source"] = source;
            ((int)(await Reports.Http(_stack, item))["accepted"]!).ShouldBe(1);
        }
        foreach (var (source, id) in names)
        {
            var found = await workspace.Get($"usage/{Uri.EscapeDataString(source)}/{Uri.EscapeDataString(id)}");
            ((string)found["source"]!, (string)found["id"]!).ShouldBe((source, id));
        }
        (await workspace.Raw(HttpMethod.Get, "usage/a%2Fb/y?x=a%2Fb/x")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_unknown_model_is_recorded_as_unpriced_and_never_as_zero()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        var unpriced = Reports.Line("unpriced", key);
        unpriced["model"] = "no-such-model";
        var reported = Reports.Line("reported", key);
        (reported["model"], reported["costUsd"]) = ("no-such-model", JsonNode.Parse("0.123456789012"));
        await Reports.Http(_stack, new JsonArray(unpriced, reported).ToJsonString());
        (await workspace.UntilSpent(0.123456789012m)).Workspace.ShouldBe(0.123456789012m);
        var explained = await workspace.Get("usage/default/unpriced");
        (explained["cost_usd"], (string?)explained["cost_from"]).ShouldBe((null, "unpriced"));
        ((string?)(await workspace.Get("usage/default/reported"))["cost_from"]).ShouldBe("reported");
        (await workspace.Get("usage?group_by=model"))["data"]!.AsArray().Single()!["unpriced"]!.GetValue<long>().ShouldBe(1);
    }

    [Fact]
    public async Task What_the_bus_brings_and_cannot_count_comes_back_as_rejected_and_the_rest_counts()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        await using var rejected = await Watcher.On(_stack, "UsageRejected");
        var bad = Reports.Line("bad", key);
        bad["usage"]!.AsObject().Remove("outputTokens");
        var gateway = $"gw-{Guid.NewGuid():N}"[..20];
        await Reports.Publish(_stack, [Reports.Line("good", key), bad], gateway);
        await Reports.Publish(_stack, Enumerable.Range(0, 501).Select(n => Reports.Line($"many-{n}", key)), gateway, linesPerMessage: 501);
        await Reports.PublishRaw(_stack, "this is not JSON");
        await Reports.PublishRaw(_stack, "{\"gatewayId\":7,\"lines\":{}}");
        await Reports.Publish(_stack, [Reports.Line("after", key)], gateway);
        (await workspace.UntilSpent(2 * Reports.Cost(1_000, 100))).Workspace.ShouldBe(2 * Reports.Cost(1_000, 100));
        var mine = await Until.Seen(() => Task.FromResult(rejected.Seen.Where(r => (string?)r["gatewayId"] == gateway).ToList()), r => r.Count == 2, "two rejections");
        mine.Select(r => (string)r["code"]!).Order().ShouldBe(["INVALID_LINE", "TOO_MANY_LINES"]);
    }
}
