using System.Net;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Gateway;

/// <summary>What clients see, and what is metered, of calls that go well, badly, and never end.</summary>
[Collection(nameof(SharedStack))]
public sealed class ProxyTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;
    private string Url => _stack.Gateway.Url;

    [Fact]
    public async Task Every_route_is_metered_to_the_last_digit()
    {
        var (workspace, project, key) = await Calls.Prepared(_stack, 1_000);
        const string simulate = "input=1000;output=200;cache_read=400;reasoning=50";
        var chat = await Calls.Send(Calls.Chat(Url, key.Secret, simulate));
        (chat.Status, chat.Header("x-tokensense-model"), chat.Header("x-tokensense-budget-limit-usd")).ShouldBe((HttpStatusCode.OK, "gpt-4o", "1000"));
        // 600 × 2.50 + 400 × 1.25 + 200 × 10 USD a million.
        GatewayClient.Money(chat.Json["tokensense"]!["cost_usd"]).ShouldBe(0.004m);
        decimal.Parse(chat.Header("x-tokensense-cost")!, System.Globalization.CultureInfo.InvariantCulture).ShouldBe(0.004m);
        chat.Json["tokensense"]!["tokens"]!.ToJsonString().ShouldBe("""{"prompt":1000,"completion":200,"total":1200}""");
        ((string?)chat.Json["tokensense"]!["request_id"]).ShouldBe(chat.Id.ShouldNotBeNull());

        await Ok(Calls.Chat(Url, key.Secret, simulate, "\"stream\":true"));
        await Ok(Calls.Request($"{Url}/v1/responses", key.Secret, simulate, """{"model":"gpt-4o","input":"Hi."}"""));
        await Ok(Calls.Request($"{Url}/v1/responses", key.Secret, simulate, """{"model":"gpt-4o","input":"Hi.","stream":true}"""));
        await Ok(Calls.Request($"{Url}/v1/embeddings", key.Secret, "input=1000", """{"model":"text-embedding-3-small","input":"Hi."}"""));
        (await Ok(Calls.Messages(Url, key.Secret, "input=1000;output=200;cache_read=400;cache_write=100"))).Json["tokensense"].ShouldBeNull();
        await Ok(Calls.Messages(Url, key.Secret, "input=1000;output=200;cache_read=400;cache_write=100", "\"max_tokens\":50,\"stream\":true"));
        await Ok(Calls.Gemini(Url, key.Secret, simulate));
        await Ok(Calls.Gemini(Url, key.Secret, simulate, "streamGenerateContent?alt=sse"));
        await Ok(Calls.Gemini(Url, key.Secret, simulate, "streamGenerateContent"));

        var lines = await Recorded.Until(workspace, 10);
        lines.ShouldAllBe(line => !line.Estimated);
        // Anthropic: 500 × 3 + 400 × 0.30 + 100 × 3.75 + 200 × 15. Gemini: 600 × 1.25 + 400 × 0.125 + 200 × 10.
        lines.GroupBy(l => l.Model).Select(m => (m.Key, m.Count(), m.Sum(l => l.CostUsd), m.Sum(l => l.Input), m.Sum(l => l.Output))).ShouldBe(
        [
            ("gpt-4o", 4, 0.016m, 4_000L, 800L), ("text-embedding-3-small", 1, 0.00002m, 1_000L, 0L),
            ("claude-sonnet-4-5", 2, 0.00999m, 2_000L, 400L), ("gemini-2.5-pro", 3, 0.0084m, 3_000L, 600L),
        ], ignoreOrder: true);
        (await workspace.UntilSpent(0.03441m)).Project(project).ShouldBe(0.03441m);
    }

    [Fact]
    public async Task Only_the_key_changes_on_the_way_up_and_metadata_stays_here()
    {
        var (workspace, _, key) = await Calls.Prepared(_stack);
        var request = Calls.Chat(Url, key.Secret, more: "\"metadata\":{\"step\":\"draft\",\"execution_id\":7}");
        request.Headers.Add("x-workflow-tag", "invoices");
        request.Headers.Add("x-request-id", "client-1");
        request.Headers.Add("x-goog-api-key", "somebody-elses");
        var answer = await Ok(request);
        var metadata = (await Recorded.Until(workspace, 1))[0].Line["metadata"]!;
        metadata.ToJsonString().ShouldBe("""{"step":"draft","execution_id":"7","workflow_tag":"invoices","x-request-id":"client-1"}""");
        var entry = await Entry(answer.Id!);
        ((bool)entry["had_metadata"]!, (string?)entry["provider"]).ShouldBe((false, "openai"));
    }

    [Theory]
    [InlineData("400", 400)]
    [InlineData("429", 429)]
    public async Task The_providers_own_refusals_pass_unchanged_and_cost_nothing(string simulated, int status)
    {
        var (workspace, _, key) = await Calls.Prepared(_stack);
        var direct = await Calls.Send(Calls.Request($"{_stack.Simulator.Url}/openai/v1/chat/completions", Simulator.OpenAiKey, $"status={simulated}", """{"model":"gpt-4o","messages":[]}"""));
        var refused = await Calls.Send(Calls.Chat(Url, key.Secret, $"status={simulated}"));
        ((int)refused.Status, refused.Body, refused.Header("retry-after")).ShouldBe((status, direct.Body, direct.Header("retry-after")));
        await OnlyThenOk(workspace, key);
    }

    [Theory]
    [InlineData("status=500", 502, "PROVIDER_ERROR")]
    [InlineData("status=529", 502, "PROVIDER_ERROR")]
    public async Task The_providers_own_faults_are_told_as_such_and_cost_nothing(string simulate, int status, string code)
    {
        var (workspace, _, key) = await Calls.Prepared(_stack);
        var failed = await Calls.Send(Calls.Chat(Url, key.Secret, simulate));
        ((int)failed.Status, failed.Code, (string?)failed.Json["error"]!["provider"]).ShouldBe((status, code, "openai"));
        ((int)failed.Json["error"]!["provider_status"]!).ShouldBe(int.Parse(simulate[7..], System.Globalization.CultureInfo.InvariantCulture));
        await OnlyThenOk(workspace, key);
    }

    [Theory]
    [InlineData("input=100;output=20;fault=no_usage", "", 200)]
    [InlineData("input=100;output=20;fault=bad_json", "", 200)]
    [InlineData("input=100;output=20;fault=cut_before_headers", "", 502)]
    [InlineData("input=100;output=20;fault=no_usage", "\"stream\":true", 200)]
    public async Task What_tells_no_usage_is_estimated_and_never_free(string simulate, string more, int status)
    {
        var (workspace, _, key) = await Calls.Prepared(_stack);
        ((int)(await Calls.Send(Calls.Chat(Url, key.Secret, simulate, more))).Status).ShouldBe(status);
        var line = (await Recorded.Until(workspace, 1)).ShouldHaveSingleItem();
        line.Estimated.ShouldBeTrue();
        line.CostUsd!.Value.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData("\"stream\":true")]
    [InlineData("")]
    public async Task An_answer_that_the_provider_breaks_off_is_broken_here_too_and_metered_by_what_came(string more)
    {
        var (workspace, _, key) = await Calls.Prepared(_stack);
        var call = Calls.Send(Calls.Chat(Url, key.Secret, "input=100;output=200;chunk_ms=5;fault=cut", more));
        if (more != "") await Should.ThrowAsync<HttpRequestException>(call);
        else (await call).Code.ShouldBe("PROVIDER_ERROR");
        var line = (await Recorded.Until(workspace, 1)).ShouldHaveSingleItem();
        line.Estimated.ShouldBeTrue();
        line.CostUsd!.Value.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_stream_that_its_client_leaves_is_read_on_to_its_usage()
    {
        var (workspace, _, key) = await Calls.Prepared(_stack);
        using (var answer = await Calls.Begin(Calls.Chat(Url, key.Secret, "input=100;output=20;chunks=10;chunk_ms=50", "\"stream\":true")))
        {
            await using var body = await answer.Content.ReadAsStreamAsync();
            (await body.ReadAsync(new byte[64])).ShouldBePositive();
        }
        var line = (await Recorded.Until(workspace, 1)).ShouldHaveSingleItem();
        (line.Estimated, line.Input, line.Output).ShouldBe((false, 100, 20));
    }

    [Theory]
    [InlineData("streamGenerateContent?alt=sse")]
    [InlineData("streamGenerateContent")]
    public async Task A_stream_arrives_piece_by_piece(string verb)
    {
        var (_, _, key) = await Calls.Prepared(_stack);
        using var answer = await Calls.Begin(Calls.Gemini(Url, key.Secret, "input=100;output=20;chunks=4;chunk_ms=1000", verb));
        await using var body = await answer.Content.ReadAsStreamAsync();
        var (buffer, times, clock) = (new byte[64 * 1024], new List<long>(), System.Diagnostics.Stopwatch.StartNew());
        while (await body.ReadAsync(buffer) > 0) times.Add(clock.ElapsedMilliseconds);
        (times[^1] - times[0]).ShouldBeGreaterThan(600);
    }

    [Fact]
    public async Task An_answer_whose_client_leaves_is_metered_all_the_same()
    {
        var (workspace, _, key) = await Calls.Prepared(_stack);
        await Calls.Abandon(_stack, Calls.Chat(Url, key.Secret, "input=100;output=20;delay_ms=5000"));
        var line = (await Recorded.Until(workspace, 1)).ShouldHaveSingleItem();
        (line.Estimated, line.Input, line.Output).ShouldBe((false, 100, 20));
    }

    [Fact]
    public async Task A_name_for_a_request_repeats_its_answer_and_calls_once()
    {
        var (workspace, _, key) = await Calls.Prepared(_stack);
        HttpRequestMessage Named(string more = "", string name = "once", int delayMs = 0)
        {
            var request = Calls.Chat(Url, key.Secret, $"input=100;output=20;delay_ms={delayMs}", more);
            request.Headers.Add("Idempotency-Key", name);
            return request;
        }
        var both = await Task.WhenAll(Calls.Send(Named(delayMs: 3_000)), Calls.Send(Named(delayMs: 3_000)));
        both.Select(a => a.Code).Order().ShouldBe([null, "DUPLICATE_REQUEST"]);
        var answer = both.Single(a => a.Code is null);
        var again = await Calls.Send(Named());
        (again.Body, again.Id, again.Header("Idempotent-Replayed")).ShouldBe((answer.Body, answer.Id, "true"));
        (await Calls.Send(Named("\"n\":2"))).Status.ShouldBe(HttpStatusCode.BadRequest);

        var stream = await Calls.Send(Named("\"stream\":true", "streamed"));
        (await Calls.Send(Named("\"stream\":true", "streamed"))).Body.ShouldBe(stream.Body);
        var failing = Calls.Chat(Url, key.Secret, "status=500");
        failing.Headers.Add("Idempotency-Key", "failed");
        (await Calls.Send(failing)).Code.ShouldBe("PROVIDER_ERROR");
        (await Calls.Send(Named("", "failed"))).Status.ShouldBe(HttpStatusCode.OK);
        (await Recorded.Until(workspace, 3)).Count.ShouldBe(3);
    }

    [Fact]
    public async Task The_call_that_used_up_its_budget_is_answered_again_by_its_name_and_another_one_is_refused()
    {
        var (workspace, _, key) = await Calls.Prepared(_stack, 0.00045m);
        HttpRequestMessage Named(string name)
        {
            var request = Calls.Chat(Url, key.Secret);
            request.Headers.Add("Idempotency-Key", name);
            return request;
        }
        var last = await Ok(Named("last"));
        await GatewayClient.UntilCode(_stack, key.Secret, "PROJECT_BUDGET_EXCEEDED");
        var again = await Ok(Named("last"));
        (again.Body, again.Id, again.Header("Idempotent-Replayed")).ShouldBe((last.Body, last.Id, "true"));
        // Each time: a refusal keeps no place for its answer.
        for (var i = 0; i < 2; i++) (await Calls.Send(Named("next"))).Code.ShouldBe("PROJECT_BUDGET_EXCEEDED");

        await Workspace.Read(await workspace.Raw(HttpMethod.Delete, $"keys/{key.Id}"));
        await GatewayClient.UntilCode(_stack, key.Secret, "INVALID_API_KEY");
        (await Calls.Send(Named("last"))).Code.ShouldBe("INVALID_API_KEY");
        (await Recorded.Lines(workspace)).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("no-such-model", 0, 404, "MODEL_NOT_FOUND")]
    [InlineData("mistral-large-latest", 0, 403, "MISSING_PROVIDER_KEY")]
    [InlineData("gpt-4o", 40 * 1024 * 1024, 413, "REQUEST_TOO_LARGE")]
    public async Task What_cannot_be_called_is_refused_in_the_one_envelope(string model, int padding, int status, string code)
    {
        var (_, _, key) = await Calls.Prepared(_stack, 5);
        var request = Calls.Chat(Url, key.Secret, "", $"\"user\":\"{new string('x', padding)}\"", model);
        request.Headers.ExpectContinue = true;
        var refused = await Calls.Send(request);
        ((int)refused.Status, refused.Code).ShouldBe((status, code));
        ((string?)refused.Json["error"]!["provider"]).ShouldBe(code == "MISSING_PROVIDER_KEY" ? "mistral" : null);
    }

    [Fact]
    public async Task A_body_that_does_not_say_its_length_may_be_too_large_all_the_same()
    {
        var (_, _, key) = await Calls.Prepared(_stack);
        // The server itself would take one byte more than the gateway.
        var request = Calls.Request($"{Url}/v1/chat/completions", key.Secret, "", new string(' ', 32 * 1024 * 1024 + 2));
        request.Headers.TransferEncodingChunked = true;
        var refused = await Calls.Send(request);
        ((int)refused.Status, refused.Code).ShouldBe((413, "REQUEST_TOO_LARGE"));
    }

    [Theory]
    [InlineData("gemini-2.5-pro%5C..%5C..%5CcachedContents%3Fx=:generateContent")]
    [InlineData("gemini-2.5-pro:batchGenerateContent%3Fx=:generateContent")]
    [InlineData("gemini-2.5-pro:countTokens")]
    public async Task No_address_of_a_provider_is_reached_but_those_that_are_metered(string address)
    {
        var (_, _, key) = await Calls.Prepared(_stack);
        var refused = await Calls.Send(Calls.Request($"{Url}/v1beta/models/{address}", key.Secret, "", """{"contents":[]}"""));
        ((int)refused.Status).ShouldBeOneOf(400, 404);
        refused.Code.ShouldBe("INVALID_REQUEST");
    }

    [Fact]
    public async Task A_model_whose_price_is_empty_is_refused_under_a_budget()
    {
        var (_, _, key) = await Calls.Prepared(_stack, 5);
        var refused = await Calls.Send(Calls.Request($"{Url}/v1beta/models/gemma-3-27b-it:generateContent", key.Secret, "", """{"contents":[]}"""));
        ((int)refused.Status, refused.Code).ShouldBe((404, "MODEL_NOT_FOUND"));
    }

    [Fact]
    public async Task A_providers_refusal_is_not_repeated_to_one_who_asks_again()
    {
        var (workspace, _, key) = await Calls.Prepared(_stack);
        foreach (var (simulate, status) in new[] { ("status=429", 429), ("input=100;output=20", 200) })
        {
            var request = Calls.Chat(Url, key.Secret, simulate);
            request.Headers.Add("Idempotency-Key", "again");
            ((int)(await Calls.Send(request)).Status).ShouldBe(status);
        }
        (await Recorded.Until(workspace, 1)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Another_project_than_the_keys_own_is_refused_before_anything_is_called()
    {
        var (workspace, _, key) = await Calls.Prepared(_stack);
        await workspace.Project("Other");
        await Until.Seen(() => Calls.Send(Calls.Chat(Url, key.Secret, more: "\"metadata\":{\"project\":\"other\"}")), a => a.Code == "PROJECT_MISMATCH", "PROJECT_MISMATCH");
        (await Recorded.Lines(workspace)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_a_good_key_no_body_is_read()
    {
        // One that was read would be too large.
        var request = Calls.Chat(Url, "ts_live_wrong", "", $"\"user\":\"{new string('x', 40 * 1024 * 1024)}\"");
        request.Headers.ExpectContinue = true;
        var refused = await Calls.Send(request);
        (refused.Status, refused.Code).ShouldBe((HttpStatusCode.Unauthorized, "INVALID_API_KEY"));
    }

    [Fact]
    public async Task The_priced_models_of_the_configured_providers_are_listed()
    {
        var (_, _, key) = await Calls.Prepared(_stack);
        var request = new HttpRequestMessage(HttpMethod.Get, $"{Url}/v1/models") { Headers = { { "x-api-key", key.Secret } } };
        var models = (await Calls.Send(request)).Json;
        models["data"]!.AsArray().ShouldContain(m => (string)m!["id"]! == "gpt-4o" && (string)m["owned_by"]! == "openai" && (string)m["object"]! == "model");
        // The book knows them, and no price: under a budget they are refused.
        models["data"]!.AsArray().Select(m => (string)m!["id"]!).Intersect(["gemma-3", "gemma-3n", "moderation"]).ShouldBeEmpty();
        models["data"]!.AsArray().Select(m => (string)m!["owned_by"]!).Distinct().Order().ShouldBe(["anthropic", "google", "openai"]);
    }

    private static async Task<Calls.Answer> Ok(HttpRequestMessage request)
    {
        var answer = await Calls.Send(request);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return answer;
    }

    // What costs nothing leaves no line: seen when a later call has left its own.
    private async Task OnlyThenOk(Workspace workspace, Workspace.Key key)
    {
        var ok = await Ok(Calls.Chat(Url, key.Secret));
        (await Recorded.Until(workspace, 1)).ShouldHaveSingleItem().Id.ShouldBe(ok.Id);
    }

    private async Task<JsonNode> Entry(string callId)
    {
        using var http = new HttpClient();
        return (await Until.Seen(
            async () => (await http.GetStringAsync($"{_stack.Simulator.Url}/log")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonNode.Parse(line)!).FirstOrDefault(entry => (string?)entry["client_request_id"] == callId),
            entry => entry is not null, $"call {callId} at the simulator"))!;
    }
}
