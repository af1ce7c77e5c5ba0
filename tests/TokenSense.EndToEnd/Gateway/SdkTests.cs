using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Clients;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Gateway;

/// <summary>The providers' own SDKs from npm, unmodified but for base URL and key.</summary>
[Collection(nameof(SharedStack))]
public sealed class SdkTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    private string BaseUrl(string sdk) => sdk == Sdk.OpenAi ? $"{_stack.Gateway.Url}/v1" : _stack.Gateway.Url;

    private string Direct(string sdk) => $"{_stack.Simulator.Url}/{sdk}{(sdk == Sdk.OpenAi ? "/v1" : "")}";

    private static string ProviderKey(string sdk) => $"sk-sim-{sdk}";

    [Theory]
    [InlineData(Sdk.OpenAi, "chat")]
    [InlineData(Sdk.OpenAi, "stream")]
    [InlineData(Sdk.OpenAi, "stream-usage")]
    [InlineData(Sdk.OpenAi, "responses")]
    [InlineData(Sdk.OpenAi, "responses-stream")]
    [InlineData(Sdk.OpenAi, "embed")]
    [InlineData(Sdk.Anthropic, "chat")]
    [InlineData(Sdk.Anthropic, "stream")]
    [InlineData(Sdk.Google, "chat")]
    [InlineData(Sdk.Google, "stream")]
    [InlineData(Sdk.Google, "embed")]
    public async Task An_sdk_gets_through_the_gateway_what_it_gets_from_the_provider(string sdk, string scenario)
    {
        var (workspace, _, key) = await Calls.Prepared(_stack, 100);
        var options = new { prompt = "Say something. [[simulate input=321;output=45;text=unicode]]", headers = new Dictionary<string, string> { ["x-workflow-tag"] = "sdk" } };
        var ours = await Sdk.Run(sdk, BaseUrl(sdk), key.Secret, scenario, options);
        var theirs = await Sdk.Run(sdk, Direct(sdk), ProviderKey(sdk), scenario, options);
        ((string?)ours["error_class"]).ShouldBeNull(ours.ToJsonString());
        foreach (var member in new[] { "text", "usage", "model", "finish_reason", "vectors", "chunks", "usage_chunks" })
            ours[member]?.ToJsonString().ShouldBe(theirs[member]?.ToJsonString(), member);

        var line = (await Recorded.Until(workspace, 1)).ShouldHaveSingleItem();
        ((string?)line.Line["metadata"]?["workflow_tag"]).ShouldBe("sdk");
        // Gemini's embeddings tell no usage, and embeddings generate nothing.
        line.Estimated.ShouldBe(sdk == Sdk.Google && scenario == "embed" && line.Input != 321);
        if (!line.Estimated) (line.Input, line.Output).ShouldBe((321, scenario == "embed" ? 0 : 45));
        line.CostUsd!.Value.ShouldBeGreaterThan(0);
        if (sdk == Sdk.OpenAi && !scenario.Contains("stream", StringComparison.Ordinal))
            GatewayClient.Money(ours["tokensense"]!["cost_usd"]).ShouldBe(line.CostUsd.Value);
    }

    [Fact]
    public async Task OpenAIs_sdk_lists_the_models_of_every_provider()
    {
        var (_, _, key) = await Calls.Prepared(_stack);
        var listed = await Sdk.Run(Sdk.OpenAi, BaseUrl(Sdk.OpenAi), key.Secret, "models");
        ((string?)listed["error_class"]).ShouldBeNull(listed.ToJsonString());
        var ids = listed["models"]!.AsArray().Select(id => (string)id!).ToList();
        ids.ShouldContain("gpt-4o");
        ids.ShouldContain("gemini-2.5-pro");
    }

    [Theory]
    [InlineData(Sdk.OpenAi, "raw-stream")]
    [InlineData(Sdk.OpenAi, "raw-responses-stream")]
    [InlineData(Sdk.Anthropic, "raw-stream")]
    [InlineData(Sdk.Anthropic, "raw-chat")]
    [InlineData(Sdk.Google, "raw-stream")]
    [InlineData(Sdk.Google, "raw-array")]
    public async Task A_streamed_answer_is_the_providers_byte_for_byte_but_for_the_usage_chunk_that_was_not_asked_for(string sdk, string scenario)
    {
        var (_, _, key) = await Calls.Prepared(_stack);
        var options = new { prompt = "Say something. [[simulate input=321;output=45;chunks=7;chunk_ms=3;text=unicode]]" };
        var ours = await Sdk.Run(sdk, BaseUrl(sdk), key.Secret, scenario, options);
        var sent = await Sent((string)ours["headers"]!["x-tokensense-request-id"]!);
        var expected = sdk == Sdk.OpenAi && scenario == "raw-stream" ? WithoutUsage(sent) : sent;
        ((string)ours["body"]!).ShouldBe(expected);
        ((string)ours["sha256"]!).ShouldBe(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(expected))));
    }

    [Theory]
    [InlineData(Sdk.OpenAi, "APIError")]
    [InlineData(Sdk.Anthropic, "PaymentRequiredError")]
    [InlineData(Sdk.Google, "ApiError")]
    public async Task A_402_is_the_sdks_own_error_with_the_budgets_in_its_body(string sdk, string errorClass)
    {
        var (workspace, project, key) = await Calls.Prepared(_stack);
        await workspace.SetProjectBudget(project, 0);
        await GatewayClient.UntilCode(_stack, key.Secret, "PROJECT_BUDGET_EXCEEDED");
        var error = await Sdk.Run(sdk, BaseUrl(sdk), key.Secret, "refused");
        ((string?)error["error_class"], (int?)error["status"]).ShouldBe((errorClass, 402), error.ToJsonString());
        var body = error["body"]!;
        ((string?)body["code"], (string?)body["type"], (string?)body["scope"], (bool?)body["retryable"]).ShouldBe(("PROJECT_BUDGET_EXCEEDED", "billing_error", "project", false));
        ((string?)body["project_id"]).ShouldBe(project.ToString());
        GatewayClient.Money(body["budgets"]![0]!["budget_usd"]).ShouldBe(0);
    }

    [Theory]
    [InlineData(Sdk.OpenAi)]
    [InlineData(Sdk.Anthropic)]
    [InlineData(Sdk.Google)]
    public async Task A_refusal_of_the_provider_is_the_same_error_as_without_a_gateway(string sdk)
    {
        var (_, _, key) = await Calls.Prepared(_stack);
        foreach (var scenario in new[] { "provider-400", "provider-429" })
        {
            var ours = await Sdk.Run(sdk, BaseUrl(sdk), key.Secret, scenario);
            var theirs = await Sdk.Run(sdk, Direct(sdk), ProviderKey(sdk), scenario);
            foreach (var member in new[] { "error_class", "status", "code", "type", "body" }) ours[member]?.ToJsonString().ShouldBe(theirs[member]?.ToJsonString(), member);
        }
    }

    private async Task<string> Sent(string callId)
    {
        using var http = new HttpClient();
        var entry = await Until.Seen(
            async () => (await http.GetStringAsync($"{_stack.Simulator.Url}/log")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonNode.Parse(line)!).FirstOrDefault(e => (string?)e["client_request_id"] == callId),
            e => e is not null, $"call {callId} at the simulator");
        return await http.GetStringAsync(string.Create(CultureInfo.InvariantCulture, $"{_stack.Simulator.Url}/log/{(long)entry!["n"]!}/body"));
    }

    private static string WithoutUsage(string stream) =>
        string.Concat(stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(e => !e.Contains("\"choices\":[]", StringComparison.Ordinal)).Select(e => e + "\n\n"));
}
