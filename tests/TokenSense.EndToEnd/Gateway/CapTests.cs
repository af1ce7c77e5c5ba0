using System.Globalization;
using System.Net;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Gateway;

/// <summary>Caps hold with many calls at once (product decision 5), and what is under way is always given back.</summary>
[Collection(nameof(SharedStack))]
public sealed class CapTests(SharedStack shared)
{
    // 100 × 2.50 + 20 × 10 USD a million.
    private const decimal CallUsd = 0.00045m;
    private const string Call = "input=100;output=20;delay_ms=30";
    private const string Bounded = "\"max_tokens\":20";

    private readonly Stack _stack = shared.Stack;
    private string Url => _stack.Gateway.Url;

    [Fact]
    public async Task Of_64_callers_at_once_the_budget_is_passed_by_one_call_at_most()
    {
        var budget = 20.5m * CallUsd;
        var (workspace, project, key) = await Calls.Prepared(_stack, budget);
        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            while (true)
            {
                var answer = await Calls.Send(Calls.Chat(Url, key.Secret, Call, Bounded));
                if (answer.Code == "BUDGET_SETTLING") continue;
                if (answer.Status != HttpStatusCode.OK) return answer;
            }
        }));
        answers.ShouldAllBe(a => a.Status == HttpStatusCode.PaymentRequired);
        answers.ShouldAllBe(a => GatewayClient.Money(a.Json["error"]!["spent_usd"]) >= budget);
        var spent = (await workspace.UntilSpent(21 * CallUsd)).Project(project);
        spent.ShouldBe(21 * CallUsd);
        (await Recorded.Lines(workspace)).Count.ShouldBe(21);
    }

    [Fact]
    public async Task A_budget_that_only_alerts_is_passed_without_a_wait()
    {
        var (workspace, _, key) = await Calls.Prepared(_stack, CallUsd, mode: "alert");
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Calls.Send(Calls.Chat(Url, key.Secret, Call, Bounded))));
        answers.ShouldAllBe(a => a.Status == HttpStatusCode.OK);
        await workspace.UntilSpent(20 * CallUsd);
    }

    [Theory]
    [InlineData("input=100;output=20", Bounded)]
    [InlineData("status=400", Bounded)]
    [InlineData("status=500", Bounded)]
    [InlineData("fault=cut_before_headers", Bounded)]
    [InlineData("input=100;output=20;chunk_ms=5;fault=cut", "\"max_tokens\":20,\"stream\":true")]
    [InlineData("input=100;output=20;fault=no_usage", Bounded)]
    public async Task Every_way_a_call_can_end_gives_its_estimate_back(string simulate, string more)
    {
        // Room for one call's estimate, so that one that is not given back holds up the next for good.
        var (_, _, key) = await Calls.Prepared(_stack, 3 * CallUsd);
        for (var i = 0; i < 3; i++)
        {
            try { await Calls.Send(Calls.Chat(Url, key.Secret, simulate, more)); }
            catch (HttpRequestException) { /* the answer that was cut */ }
            // Spent by now, or let through at once: never a wait for what is long over.
            var next = await Until.Seen(() => Calls.Send(Calls.Chat(Url, key.Secret, "status=400", "\"max_tokens\":1")), a => a.Code != "BUDGET_SETTLING", "no wait");
            next.Status.ShouldBeOneOf(HttpStatusCode.BadRequest, HttpStatusCode.PaymentRequired);
        }
    }

    [Fact]
    public async Task A_client_that_leaves_gives_its_estimate_back_when_its_call_has_ended()
    {
        var (workspace, _, key) = await Calls.Prepared(_stack, 1.5m * CallUsd);
        await Calls.Abandon(_stack, Calls.Chat(Url, key.Secret, "input=100;output=20;delay_ms=5000", Bounded));
        (await Until.Seen(() => Calls.Send(Calls.Chat(Url, key.Secret, Call, Bounded)), a => a.Code != "BUDGET_SETTLING", "room again")).Status.ShouldBe(HttpStatusCode.OK);
        (await workspace.UntilSpent(2 * CallUsd)).Workspace.ShouldBe(2 * CallUsd);
    }

    [Fact]
    public async Task A_provider_that_never_answers_or_stops_in_the_middle_is_a_timeout_and_metered_by_its_estimate_unless_it_refused()
    {
        await using var gateway = await _stack.Another("Gateway", new Dictionary<string, string> { ["Providers__openai__TimeoutSeconds"] = "1" });
        var (workspace, project, key) = await Calls.Prepared(_stack, 1);
        await Until.Seen(() => Calls.Send(Calls.Chat(gateway.Url, key.Secret)), a => a.Status == HttpStatusCode.OK, "the key at the other gateway");
        foreach (var simulate in new[] { "fault=hang", "input=100;output=20;chunk_ms=30000", "status=400;chunk_ms=30000" })
        {
            var late = await Calls.Send(Calls.Chat(gateway.Url, key.Secret, simulate, Bounded));
            (late.Status, late.Code, (string?)late.Json["error"]!["provider"]).ShouldBe((HttpStatusCode.GatewayTimeout, "PROVIDER_TIMEOUT", "openai"), simulate);
        }
        var lines = await Recorded.Until(workspace, 3);
        (lines.Count, lines.Count(line => line.Estimated && line.CostUsd > 0)).ShouldBe((3, 2));

        // Room for less than one call: it is let through if nothing is under way any more.
        var spent = lines.Sum(line => line.CostUsd!.Value);
        await workspace.UntilSpent(spent);
        await workspace.SetProjectBudget(project, spent + 0.0001m);
        await Until.Seen(
            () => Calls.Send(Calls.Chat(gateway.Url, key.Secret, "status=400", Bounded)),
            a => a.Header("x-tokensense-budget-limit-usd") is { } limit && decimal.Parse(limit, CultureInfo.InvariantCulture) == spent + 0.0001m, "a call within the new budget");
    }

    [Fact]
    public async Task While_settlements_are_away_calls_wait_and_are_told_to_come_again()
    {
        await using var gateway = await _stack.Another("Gateway", new Dictionary<string, string> { ["Gateway__SettleWaitSeconds"] = "0.5" });
        var (_, _, key) = await Calls.Prepared(_stack, 1.5m * CallUsd);
        var slow = Until.Seen(() => Calls.Send(Calls.Chat(gateway.Url, key.Secret, "input=100;output=20;delay_ms=8000", Bounded)), a => a.Status == HttpStatusCode.OK, "one call");
        var told = await Until.Seen(() => Calls.Send(Calls.Chat(gateway.Url, key.Secret, "status=400", Bounded)), a => a.Code == "BUDGET_SETTLING", "a wait in vain");
        ((int)told.Status, told.Header("Retry-After"), (int)told.Json["error"]!["retry_after_seconds"]!).ShouldBe((429, "1", 1));
        (await slow).Status.ShouldBe(HttpStatusCode.OK);
    }
}
