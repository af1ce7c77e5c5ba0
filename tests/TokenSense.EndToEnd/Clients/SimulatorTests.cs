using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Clients;

/// <summary>The simulator is true to the wire formats: the providers' own SDKs are content, and its log agrees with what they saw.</summary>
public sealed class SimulatorTests(Simulator simulator) : IClassFixture<Simulator>
{
    private const string Counts = "[[simulate input=100;output=10;cache_read=40;cache_write=20;reasoning=4;text=unicode]]";

    private Task<JsonNode> OpenAi(string scenario, object? options = null) =>
        Sdk.Run(Sdk.OpenAi, simulator.OpenAiUrl, Simulator.OpenAiKey, scenario, options ?? new { prompt = Counts });

    private Task<JsonNode> Anthropic(string scenario, object? options = null) =>
        Sdk.Run(Sdk.Anthropic, simulator.AnthropicUrl, Simulator.AnthropicKey, scenario, options ?? new { prompt = Counts });

    private Task<JsonNode> Google(string scenario, object? options = null) =>
        Sdk.Run(Sdk.Google, simulator.GoogleUrl, Simulator.GoogleKey, scenario, options ?? new { prompt = Counts });

    [Fact]
    public async Task OpenAIs_SDK_reads_the_same_chat_whole_and_streamed_and_usage_only_when_asked()
    {
        var (chat, stream, withUsage) = (await OpenAi("chat"), await OpenAi("stream"), await OpenAi("stream-usage"));

        Text(chat).ShouldNotBeEmpty();
        (Text(stream), Text(withUsage)).ShouldBe((Text(chat), Text(chat)));
        ((string?)stream["finish_reason"], (int)stream["usage_members"]!).ShouldBe(("stop", 0));
        ((int)withUsage["usage_members"]!, (int)withUsage["usage_chunks"]!, (int)withUsage["usage_choices"]!)
            .ShouldBe(((int)withUsage["chunks"]!, 1, 0));
        foreach (var usage in new[] { chat["usage"]!, withUsage["usage"]! })
        {
            Numbers(usage, "prompt_tokens", "completion_tokens", "total_tokens").ShouldBe([100, 10, 110]);
            Numbers(usage["prompt_tokens_details"]!, "cached_tokens", "cache_write_tokens").ShouldBe([40, 20]);
            Numbers(usage["completion_tokens_details"]!, "reasoning_tokens").ShouldBe([4]);
        }
        foreach (var seen in new[] { chat, stream, withUsage }) Billed(await Entry(seen)).ShouldBe([100, 10, 40, 20, 4]);
    }

    [Fact]
    public async Task OpenAIs_SDK_assembles_a_streamed_response_from_its_events()
    {
        var (whole, streamed) = (await OpenAi("responses"), await OpenAi("responses-stream"));

        Text(whole).ShouldNotBeEmpty();
        Text(streamed).ShouldBe(Text(whole));
        foreach (var usage in new[] { whole["usage"]!, streamed["usage"]! })
        {
            Numbers(usage, "input_tokens", "output_tokens", "total_tokens").ShouldBe([100, 10, 110]);
            Numbers(usage["input_tokens_details"]!, "cached_tokens", "cache_write_tokens").ShouldBe([40, 20]);
            Numbers(usage["output_tokens_details"]!, "reasoning_tokens").ShouldBe([4]);
        }
        var events = streamed["events"]!.AsArray();
        events.Select(happened => (int)happened!["sequence_number"]!).ShouldBe(Enumerable.Range(0, events.Count));
        events.Select(happened => (string)happened!["type"]!).Distinct().ShouldBe([
            "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
            "response.output_text.delta", "response.output_text.done", "response.content_part.done", "response.output_item.done",
            "response.completed",
        ]);
        Billed(await Entry(streamed)).ShouldBe([100, 10, 40, 20, 4]);
    }

    [Fact]
    public async Task Anthropics_SDK_reads_the_same_message_whole_and_streamed()
    {
        var (whole, streamed) = (await Anthropic("chat"), await Anthropic("stream"));

        Text(whole).ShouldNotBeEmpty();
        Text(streamed).ShouldBe(Text(whole));
        foreach (var usage in new[] { whole["usage"]!, streamed["usage"]! })
        {
            Numbers(usage, "input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")
                .ShouldBe([40, 40, 20, 10]);
            Numbers(usage["output_tokens_details"]!, "thinking_tokens").ShouldBe([4]);
        }
        streamed["events"]!.AsArray().Select(happened => (string)happened!["type"]!).Distinct().ShouldBe([
            "message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop",
        ]);
        foreach (var seen in new[] { whole, streamed }) Billed(await Entry(seen)).ShouldBe([100, 10, 40, 20, 4]);
    }

    [Fact]
    public async Task Googles_SDK_reads_the_same_content_whole_and_streamed_and_an_array_without_events()
    {
        var (whole, streamed, array) = (await Google("chat"), await Google("stream"), await Google("raw-array"));

        Text(whole).ShouldNotBeEmpty();
        Text(streamed).ShouldBe(Text(whole));
        var chunks = JsonNode.Parse((string)array["body"]!)!.AsArray();
        string.Concat(chunks.Select(chunk => (string)chunk!["candidates"]![0]!["content"]!["parts"]![0]!["text"]!)).ShouldBe(Text(whole));
        foreach (var usage in new[] { whole["usage"]!, streamed["usage"]!, chunks[^1]!["usageMetadata"]! })
            Numbers(usage, "promptTokenCount", "cachedContentTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "totalTokenCount")
                .ShouldBe([100, 40, 6, 4, 110]);
        foreach (var seen in new[] { whole, streamed }) Billed(await Entry(seen)).ShouldBe([100, 10, 40, 0, 4]);
    }

    [Fact]
    public async Task The_SDKs_read_embeddings_which_bill_input_alone()
    {
        var (openAi, google) = (await OpenAi("embed"), await Google("embed"));

        foreach (var vectors in new[] { openAi["vectors"]!.AsArray(), google["vectors"]!.AsArray() })
        {
            vectors.Count.ShouldBe(2);
            vectors.ShouldAllBe(vector => vector!.AsArray().Count == 8);
        }
        ((double)openAi["vectors"]![1]![0]!).ShouldBe((double)google["vectors"]![1]![0]!, 0.000001);
        Numbers(openAi["usage"]!, "prompt_tokens", "total_tokens").ShouldBe([100, 100]);
        (await simulator.Log()).Where(entry => (string)entry["route"]! is "embeddings" or "batchEmbedContents").Select(Billed)
            .ShouldBe([[100, 0, 0, 0, 0], [100, 0, 0, 0, 0]]);
    }

    [Theory]
    [InlineData(400, "BadRequestError", "BadRequestError")]
    [InlineData(429, "RateLimitError", "RateLimitError")]
    [InlineData(500, "InternalServerError", "InternalServerError")]
    [InlineData(529, "InternalServerError", "OverloadedError")]
    public async Task The_SDKs_know_each_error_by_its_class_and_nothing_is_billed(int status, string openAiClass, string anthropicClass)
    {
        var before = await Last();
        var scenario = $"provider-{status.ToString(CultureInfo.InvariantCulture)}";

        Error(await OpenAi(scenario)).ShouldBe((openAiClass, status));
        Error(await Anthropic(scenario)).ShouldBe((anthropicClass, status));
        Error(await Google(scenario)).ShouldBe(("ApiError", status));

        var entries = await simulator.Log(before);
        entries.Select(entry => (int)entry["status"]!).ShouldBe([status, status, status]);
        entries.ShouldAllBe(entry => !(bool)entry["billed"]! && (long)entry["input_tokens"]! == 0);
    }

    [Fact]
    public async Task A_key_of_somebody_else_is_refused_in_the_providers_own_words_even_beside_the_right_one()
    {
        var openAi = await Sdk.Run(Sdk.OpenAi, simulator.OpenAiUrl, "ts_live_x", "chat");
        (Error(openAi), (string?)openAi["code"]).ShouldBe((("AuthenticationError", 401), "invalid_api_key"));
        var anthropic = await Sdk.Run(Sdk.Anthropic, simulator.AnthropicUrl, "ts_live_x", "chat");
        (Error(anthropic), (string?)anthropic["type"]).ShouldBe((("AuthenticationError", 401), "authentication_error"));
        var google = await Sdk.Run(Sdk.Google, simulator.GoogleUrl, "ts_live_x", "chat");
        (Error(google), (string?)google["type"]).ShouldBe((("ApiError", 401), "UNAUTHENTICATED"));

        var leaked = await OpenAi("chat", new { headers = new Dictionary<string, string> { ["x-tokensense-key"] = "ts_live_x" } });
        Error(leaked).ShouldBe(("AuthenticationError", 401));
    }

    [Fact]
    public async Task An_unknown_model_is_the_providers_404()
    {
        var unknown = new { model = "no-such-model" };
        Error(await OpenAi("chat", unknown)).ShouldBe(("NotFoundError", 404));
        Error(await Anthropic("chat", unknown)).ShouldBe(("NotFoundError", 404));
        Error(await Google("chat", unknown)).ShouldBe(("ApiError", 404));
    }

    [Fact]
    public async Task A_stream_that_is_cut_fails_in_the_SDK_and_bills_what_was_generated()
    {
        var before = await Last();

        var seen = await OpenAi("stream", new { prompt = "[[simulate input=7;output=10;fault=cut]]" });

        seen["error_class"].ShouldNotBeNull();
        var entry = (await simulator.Log(before)).ShouldHaveSingleItem();
        Billed(entry).ShouldBe([7, 5, 0, 0, 0]);
        ((bool)entry["billed"]!, (bool)entry["finished"]!, (bool)entry["client_gone"]!).ShouldBe((true, false, false));
    }

    [Fact]
    public async Task What_the_log_says_of_an_answers_bytes_is_what_the_client_received()
    {
        var before = await Last();

        var seen = await OpenAi("raw-stream", new { prompt = "[[simulate text=unicode;chunk_ms=1;chunks=20;output=200]]" });

        var entry = (await simulator.Log(before)).ShouldHaveSingleItem();
        ((string?)entry["sha256"], (long)entry["bytes"]!).ShouldBe(((string?)seen["sha256"], (long)seen["bytes"]!));
        Convert.ToHexStringLower(SHA256.HashData(await simulator.Body(entry))).ShouldBe((string?)entry["sha256"]);
    }

    [Fact]
    public async Task Metadata_that_reached_the_provider_is_in_the_log()
    {
        var with = await OpenAi("chat", new { metadata = new { step = "one" } });
        var without = await OpenAi("chat");

        ((bool)(await Entry(with))["had_metadata"]!, (bool)(await Entry(without))["had_metadata"]!).ShouldBe((true, false));
    }

    [Fact]
    public async Task A_client_that_leaves_is_billed_for_what_was_sent_until_then()
    {
        var before = await Last();
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{simulator.OpenAiUrl}/chat/completions");
        request.Headers.Add("Authorization", $"Bearer {Simulator.OpenAiKey}");
        request.Headers.Add("x-simulate", "input=7;output=1000;chunks=1000;chunk_ms=20");
        request.Content = new StringContent("""{"model":"gpt-4o","stream":true}""");
        using (var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead))
        await using (var stream = await answer.Content.ReadAsStreamAsync())
            (await stream.ReadAsync(new byte[64])).ShouldBeGreaterThan(0);

        await simulator.UntilIdle();
        var entry = (await simulator.Log(before)).ShouldHaveSingleItem();
        ((bool)entry["client_gone"]!, (bool)entry["finished"]!, (long)entry["input_tokens"]!).ShouldBe((true, false, 7));
        ((long)entry["output_tokens"]!).ShouldBeLessThan(1_000);
    }

    [Fact]
    public async Task The_log_survives_the_simulators_death()
    {
        var file = Path.Combine(Path.GetTempPath(), $"simulator-{Guid.NewGuid():N}.ndjson");
        await using var mortal = new Simulator { LogFile = file, BodiesKept = 0 };
        await mortal.InitializeAsync();
        await Sdk.Run(Sdk.OpenAi, mortal.OpenAiUrl, Simulator.OpenAiKey, "chat");
        var before = (await mortal.Log()).ShouldHaveSingleItem().ToJsonString();

        await mortal.Process.Restart();
        await Sdk.Run(Sdk.OpenAi, mortal.OpenAiUrl, Simulator.OpenAiKey, "chat");

        var log = await mortal.Log();
        log[0].ToJsonString().ShouldBe(before);
        log.Select(entry => ((long)entry["n"]!, (string)entry["id"]!)).ShouldBe([(1, "chatcmpl-sim00000001"), (2, "chatcmpl-sim00000002")]);
        File.Delete(file);
    }

    private async Task<long> Last() => (await simulator.Log()).Count;

    private Task<JsonNode> Entry(JsonNode seen) => simulator.Entry((string)seen["id"]!);

    private static string Text(JsonNode seen) => (string)seen["text"]!;

    private static (string?, int) Error(JsonNode seen) => ((string?)seen["error_class"], (int)seen["status"]!);

    private static long[] Numbers(JsonNode node, params string[] names) => [.. names.Select(name => (long)node[name]!)];

    private static long[] Billed(JsonNode entry) =>
        Numbers(entry, "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens");
}
