using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Gateway;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Accounting;

/// <summary>A workspace's own prices: what is recorded after they were set is counted at them, in Metering and at every gateway.</summary>
[Collection(nameof(SharedStack))]
public sealed class OwnPricesTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task What_is_recorded_from_then_on_costs_what_the_workspace_set_and_no_other_workspace_is_touched()
    {
        var (workspace, other) = (await Workspace.New(_stack), await Workspace.New(_stack));
        var (key, others) = (await workspace.NewKey(), await other.NewKey());
        await Reports.Http(_stack, new[] { Reports.Line("before", key) });
        // 1 and 10 USD a million; the list says 2.50 and 10.
        ((long)(await Set(workspace, ("openai", "gpt-4o", 1m, 10m)))["revision"]!).ShouldBe(1);
        await Reports.Http(_stack, new[] { Reports.Line("own", key), Reports.Line("of the other", others) });
        await Reports.Publish(_stack, [Reports.Line("own by the bus", key)]);
        var list = Reports.Cost(1_000, 100);
        await workspace.UntilSpent(list + 2 * 0.002m);
        await other.UntilSpent(list);

        var explained = await workspace.Get("usage/default/own");
        (Usd(explained["cost_usd"]!), (string)explained["cost_from"]!).ShouldBe((0.002m, "price_book"));
        ((string)explained["price"]!["book_version"]!).ShouldEndWith("~1");
        ((string)(await workspace.Get("usage/default/before"))["price"]!["book_version"]!).ShouldNotContain("~");

        await workspace.Put("prices", new { providers = Array.Empty<object>() });
        await Reports.Http(_stack, new[] { Reports.Line("after", key) });
        await workspace.UntilSpent(2 * list + 2 * 0.002m);
        var changes = (await workspace.Get("audit?action=prices"))["data"]!.AsArray();
        changes.Select(c => (string)c!["action"]!).ShouldBe(["prices.set", "prices.set"]);
        (changes[0]!["before"]!["openai/gpt-4o"]!["prices"]!["input_mtok"]!.ToJsonString(), changes[1]!["after"]!["openai/gpt-4o"]!["prices"]!["output_mtok"]!.ToJsonString()).ShouldBe(("1", "10"));
    }

    [Fact]
    public async Task A_gateway_takes_a_model_that_only_the_workspace_has_a_price_for_and_says_what_it_cost()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        await workspace.SetBudget(10);
        Task<Calls.Answer> Call() => Calls.Send(Calls.Chat(_stack.Gateway.Url, key.Secret, "input=1000;output=100", model: "model-of-ours"));
        await Until.Seen(Call, a => a.Code == "MODEL_NOT_FOUND", "the refusal of a model without a price");

        await Set(workspace, ("openai", "model-of-ours", 3m, 0.3m));
        var answer = await Until.Seen(Call, a => a.Status == HttpStatusCode.OK, "an answer of the model with a price", secondsMax: 2);
        decimal.Parse(answer.Header("x-tokensense-cost")!, CultureInfo.InvariantCulture).ShouldBe(0.00303m);
        await workspace.UntilSpent(0.00303m);
        (await GatewayClient.Authorize(_stack, key.Secret, path: "/v1/models")).Body["data"]!.AsArray().Select(m => (string)m!["id"]!).ShouldContain("model-of-ours");

        await workspace.Put("prices", new { providers = Array.Empty<object>() });
        await Until.Seen(Call, a => a.Code == "MODEL_NOT_FOUND", "the refusal again", secondsMax: 2);
    }

    [Fact]
    public async Task A_gateway_that_starts_later_knows_them_from_its_snapshot()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        await Set(workspace, ("openai", "gpt-4o", 1m, 10m));
        await using var gateway = await _stack.Another("Gateway");
        var answer = await Until.Seen(() => Calls.Send(Calls.Chat(gateway.Url, key.Secret, "input=1000;output=100")), a => a.Status == HttpStatusCode.OK, "an answer");
        decimal.Parse(answer.Header("x-tokensense-cost")!, CultureInfo.InvariantCulture).ShouldBe(0.002m);
    }

    [Fact]
    public async Task What_is_wrong_is_refused_with_its_place_and_what_stood_stays()
    {
        var workspace = await Workspace.New(_stack);
        var set = await Set(workspace, ("openai", "gpt-4o", 1m, 10m));
        foreach (var (providers, said) in new (string, string)[]
        {
            ("""{"a":1}""", "list"), ("""[{"id":"openai","models":[{"id":"m","match":{"regex":"(a+)+$"},"prices":{"input_mtok":1}}]}]""", "regex"),
            ("""[{"id":"openai","models":[{"id":"m","prices":{"input_mtok":-1}}]}]""", "input_mtok"), ("null", "required"),
        })
        {
            var refused = await workspace.Raw(HttpMethod.Put, "prices", JsonNode.Parse($$"""{"providers":{{providers}}}"""));
            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["errors"]!["providers"]![0]!.ToString().ShouldContain(said);
        }
        var late = await workspace.Raw(HttpMethod.Put, "prices", new { providers = Array.Empty<object>(), revision = 0 });
        (late.StatusCode, (string)JsonNode.Parse(await late.Content.ReadAsStringAsync())!["code"]!).ShouldBe((HttpStatusCode.Conflict, "PRICES_CHANGED"));
        (await workspace.Get("prices")).ToJsonString().ShouldBe(set.ToJsonString());
        // The same again is no change.
        ((long)(await Set(workspace, ("openai", "gpt-4o", 1m, 10m)))["revision"]!).ShouldBe(1);
    }

    [Fact]
    public async Task The_audit_prices_anew_what_was_priced_by_them()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        await Set(workspace, ("openai", "gpt-4o", 1.25m, 10.000001m));
        await Reports.Http(_stack, new[] { Reports.Line("audited", key, 999_999, 3) });
        await workspace.UntilSpent(999_999 * 0.00000125m + 3 * 0.000010000001m);
        Task<(int ExitCode, string Output)> Audit() => Command.Run("dotnet", [DemoTests.Tool, "audit", "--workspace", workspace.Slug], settings: _stack.Settings.Append(new("TOKENSENSE_CONSOLE_URL", _stack.Dashboard.Url)).ToDictionary());
        var sound = await Audit();
        (sound.ExitCode, sound.Output.Contains("No differences", StringComparison.Ordinal)).ShouldBe((0, true), sound.Output);

        foreach (var (spoil, mend, said) in new[]
        {
            ($"update directory set body = replace(body::text, '1.25', '1.24')::jsonb where kind = 'prices' and id = '{workspace.Id}'",
                $"update directory set body = replace(body::text, '1.24', '1.25')::jsonb where kind = 'prices' and id = '{workspace.Id}'", "its own prices"),
            ($"update mt_events set data = replace(data::text, '1.25', '1.24')::jsonb where stream_id = 'prices-{workspace.Id}'",
                $"update mt_events set data = replace(data::text, '1.24', '1.25')::jsonb where stream_id = 'prices-{workspace.Id}'", "cost at the own prices"),
        })
        {
            await _stack.Execute("metering", spoil);
            var found = await Audit();
            await _stack.Execute("metering", mend);
            (found.ExitCode, found.Output.Contains(said, StringComparison.Ordinal)).ShouldBe((1, true), found.Output);
        }
    }

    private static Task<JsonNode> Set(Workspace workspace, params (string Provider, string Model, decimal Input, decimal Output)[] prices) => workspace.Put("prices", new
    {
        providers = prices.Select(p => new { id = p.Provider, models = new[] { new { id = p.Model, prices = new { input_mtok = p.Input, output_mtok = p.Output } } } }),
    });

    private static decimal Usd(JsonNode number) => decimal.Parse(number.ToJsonString(), CultureInfo.InvariantCulture);
}
