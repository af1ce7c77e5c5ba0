using System.Text;
using System.Text.Json;
using CsCheck;
using Shouldly;
using TokenSense.Pricing;
using Xunit;
using static TokenSense.Pricing.UsageExtraction;

namespace TokenSense.Specs.Pricing;

public sealed class StreamedUsageSpecs
{
    private const long RequestBytes = 300;

    [Theory, MemberData(nameof(Streams.Names), MemberType = typeof(Streams))]
    public void A_stream_taken_whole_has_the_usage_of_the_whole_answer(string name)
    {
        var stream = Streams.ByName[name];
        using var whole = JsonDocument.Parse(stream.Whole);
        var expected = UsageExtraction.Extract(stream.Provider, stream.Flavor, whole.RootElement).ShouldBeOfType<Extracted>();
        var taken = stream.Taken(stream.Events.Length);
        taken.IsComplete.ShouldBeTrue();
        taken.Unread.ShouldBe(0);
        taken.Read(RequestBytes).ShouldBe(new(expected.Usage, false, expected.Model));
        BodyUsage.Read(stream.Provider, stream.Flavor, whole.RootElement, RequestBytes).ShouldBe(new(expected.Usage, false, expected.Model));
    }

    [Theory, MemberData(nameof(Streams.Names), MemberType = typeof(Streams))]
    public void A_stream_cut_anywhere_is_estimated_never_free_and_never_below_what_it_said(string name)
    {
        var stream = Streams.ByName[name];
        var (outputBytes, said) = (0L, (TokenUsage?)null);
        for (var cut = 0; cut < stream.Events.Length; cut++)
        {
            var taken = stream.Taken(cut);
            var (usage, estimated, _) = taken.Read(RequestBytes);
            taken.OutputBytes.ShouldBeGreaterThanOrEqualTo(outputBytes);
            outputBytes = taken.OutputBytes;
            said = Said(stream, cut) ?? said;

            usage.Problems().ShouldBeEmpty();
            estimated.ShouldBe(!taken.IsComplete);
            usage.InputTokens.ShouldBe(said?.InputTokens ?? RequestBytes / 3);
            usage.CacheReadTokens.ShouldBe(said?.CacheReadTokens ?? 0);
            usage.CacheWriteTokens.ShouldBe(said?.CacheWriteTokens ?? 0);
            usage.OutputTokens.ShouldBe(taken.IsComplete
                ? said!.OutputTokens
                : Math.Max(said?.OutputTokens ?? 0, UsageEstimate.Of(RequestBytes, outputBytes).OutputTokens));
        }
    }

    [Theory, MemberData(nameof(Streams.Names), MemberType = typeof(Streams))]
    public void Only_its_last_words_complete_a_stream(string name)
    {
        var stream = Streams.ByName[name];
        var completedBy = Enumerable.Range(1, stream.Events.Length).First(n => stream.Taken(n).IsComplete);
        stream.Events[completedBy - 1].ShouldMatch("\"choices\":\\[\\]|finish_reason\":\"stop|response.completed|message_delta|finishReason");
    }

    [Theory]
    [InlineData("chat", 6 + 1 + 4 + 7)] // Grüße, find, {"q":1}
    [InlineData("chat with usage in its last content chunk", 3 + 3)]
    [InlineData("responses", 4 + 7 + 8)]
    [InlineData("messages", 31 + 4 + 8)]
    [InlineData("contents", 14 + 4 + 7 + 6)]
    public void Generated_are_text_reasoning_and_calls_of_tools_counted_once_as_utf8(string name, long bytes) =>
        Streams.ByName[name].Taken(99).OutputBytes.ShouldBe(bytes);

    [Theory, MemberData(nameof(Streams.Names), MemberType = typeof(Streams))]
    public void An_answer_that_comes_whole_where_a_stream_was_asked_for_is_read_as_well(string name)
    {
        var stream = Streams.ByName[name];
        using var whole = JsonDocument.Parse(stream.Whole);
        Taken(stream.Provider, stream.Flavor, stream.Whole).Read(RequestBytes)
            .ShouldBe(BodyUsage.Read(stream.Provider, stream.Flavor, whole.RootElement, RequestBytes));
        var silent = stream.Whole.Replace("\"usage\"", "\"said\"").Replace("\"usageMetadata\"", "\"said\"");
        using var unsaid = JsonDocument.Parse(silent);
        var estimate = Taken(stream.Provider, stream.Flavor, silent).Read(RequestBytes);
        estimate.ShouldBe(BodyUsage.Read(stream.Provider, stream.Flavor, unsaid.RootElement, RequestBytes));
        estimate.Usage.OutputTokens.ShouldBeGreaterThan(1);
    }

    [Fact]
    public void The_data_may_be_on_the_stack()
    {
        var stream = new StreamedUsage("openai", "chat");
        stream.Take("""{"model":"m","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":1}}"""u8);
        stream.Read(1).ShouldBe(new(new() { InputTokens = 9, OutputTokens = 1 }, false, "m"));
    }

    [Fact]
    public void The_chunk_that_is_usage_only_is_known_and_only_that()
    {
        var chat = Streams.ByName["chat"];
        Enumerable.Range(1, 6).Where(n => chat.Taken(n).IsUsageOnly).ShouldBe([5]);
        Streams.ByName.Where(s => s.Key != "chat").ShouldAllBe(s => !Enumerable.Range(0, 12).Any(n => s.Value.Taken(n).IsUsageOnly));
        // Azure begins with what its filters say of the prompt.
        Taken("azure", "chat", """{"choices":[],"model":"","prompt_filter_results":[],"usage":null}""").IsUsageOnly.ShouldBeFalse();
    }

    [Fact]
    public void What_is_generated_after_the_usage_makes_it_incomplete()
    {
        var stream = Taken("openai", "chat",
            """{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1}}""");
        stream.IsComplete.ShouldBeTrue();
        Take(stream, """{"choices":[{"index":1,"delta":{"content":"123456789"},"finish_reason":null}]}""");
        stream.Read(1).ShouldBe(new(new() { InputTokens = 9, OutputTokens = 3 }, true, null));
    }

    [Fact]
    public void An_anthropic_stream_without_its_start_is_estimated() =>
        Taken("anthropic", null, """{"type":"message_delta","delta":{},"usage":{"output_tokens":61}}""").Read(30)
            .ShouldBe(new(new() { InputTokens = 10 }, true, null));

    [Fact]
    public void A_failed_response_with_usage_is_exact_and_without_is_estimated()
    {
        Taken("openai", "responses", """{"type":"response.failed","response":{"model":"m","usage":{"input_tokens":8,"output_tokens":2}}}""")
            .Read(1).ShouldBe(new(new() { InputTokens = 8, OutputTokens = 2 }, false, "m"));
        Taken("openai", "responses", """{"type":"response.failed","response":{"model":"m","usage":null}}""")
            .Read(30).ShouldBe(new(new() { InputTokens = 10 }, true, "m"));
    }

    [Fact]
    public void Input_that_a_broken_stream_has_not_said_is_estimated_beside_the_output_that_it_has() =>
        Taken("anthropic", null, """{"type":"message_start","message":{"model":"m","usage":{"input_tokens":0,"output_tokens":5}}}""")
            .Read(30).ShouldBe(new(new() { InputTokens = 10, OutputTokens = 5 }, true, "m"));

    [Fact]
    public void What_comes_whole_at_the_end_of_a_stream_and_not_before_counts_too() =>
        Taken("openai", "responses", """{"type":"response.completed","response":{"model":"m","output":[{"content":[{"text":"abcdef"}]}],"usage":null}}""")
            .Read(30).ShouldBe(new(new() { InputTokens = 10, OutputTokens = 2 }, true, "m"));

    [Fact]
    public void A_blocked_prompt_is_a_complete_answer_of_gemini() =>
        Taken("google", null, """{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":9},"modelVersion":"g"}""")
            .Read(1).ShouldBe(new(new() { InputTokens = 9 }, false, "g"));

    [Theory]
    [InlineData("together", null)] // the book has no extractor for it
    [InlineData("mistral", "chat")] // only "default"
    [InlineData("nobody-knows", "chat")]
    public void A_format_that_the_book_does_not_know_of_a_provider_is_read_as_its_inventor_does(string provider, string? flavor) =>
        Taken(provider, flavor, """{"model":"m","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":1}}""")
            .Read(1).ShouldBe(new(new() { InputTokens = 9, OutputTokens = 1 }, false, "m"));

    [Theory]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":10}}}""")]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":9}}""")]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":1e400,"completion_tokens":1}}""")]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":-9,"completion_tokens":1}}""")]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":"9","completion_tokens":1}}""")]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0}}""")]
    [InlineData("""{"choices":[],"usage":[]}""")]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":1},"usage":7}""")]
    public void Usage_that_contradicts_itself_cannot_be_read_or_says_nothing_is_estimated(string last)
    {
        var stream = Taken("openai", "chat", """{"model":"m","choices":[{"delta":{"content":"123456"}}]}""", last);
        stream.Read(30).ShouldBe(new(new() { InputTokens = 10, OutputTokens = 2 }, true, "m"));
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("[DONE]", 0)]
    [InlineData(" [DONE]\n", 0)]
    [InlineData("not json", 1)]
    [InlineData("7", 1)]
    [InlineData("[{}]", 1)]
    [InlineData("""{"choices":[]} {}""", 1)]
    [InlineData("""{"cho\ud800":1,"usa\ud800":2,"choice\ud800":3}""", 1)]
    [InlineData("""{"type":"error","error":{"type":"overloaded_error"}}""", 0)]
    public void What_is_no_json_object_is_passed_over_and_counted(string json, long unread) =>
        Taken("openai", "chat", json).Unread.ShouldBe(unread);

    [Fact]
    public void Half_of_a_character_at_the_end_of_a_chunk_counts_with_the_other_half() =>
        Taken("openai", "chat",
            """{"model":"\ud800","choices":[{"delta":{"content":"a\ud83d"}}]}""", """{"choices":[{"delta":{"content":"\ude00\u00e9\u20ac\n"}}]}""")
            .OutputBytes.ShouldBe(1 + 4 + 2 + 3 + 1);

    [Fact]
    public void Nesting_without_end_is_passed_over() =>
        Taken("google", null, string.Concat(Enumerable.Repeat("""{"candidates":[""", 50_000))).Unread.ShouldBe(1);

    [Fact]
    public void A_name_longer_than_any_model_s_is_not_kept() =>
        Taken("openai", "chat", $$"""{"model":"{{new string('m', 513)}}","choices":[]}""").Model.ShouldBeNull();

    // Members of every format under each other's names, with values of any kind.
    [Fact]
    public void No_event_makes_it_throw_or_read_a_usage_that_is_free_or_contradicts_itself() =>
        Gen.Select(
                Gen.OneOfConst<string?>(null, "chat", "responses", "default", "anthropic"), Gen.OneOfConst("openai", "anthropic", "google", "groq"),
                Json(4).Array[1, 4])
            .Sample((flavor, provider, events) =>
            {
                var stream = Taken(provider, flavor, events);
                var (usage, _, _) = stream.Read(1);
                usage.Problems().ShouldBeEmpty();
                usage.ShouldNotBe(TokenUsage.None);
                stream.OutputBytes.ShouldBeGreaterThanOrEqualTo(0);
                using var json = JsonDocument.Parse(events[^1]);
                BodyUsage.Read(provider, flavor, json.RootElement, 1).Usage.Problems().ShouldBeEmpty();
            }, iter: 20_000);

    private static Gen<string> Json(int depth)
    {
        var leaf = Gen.OneOfConst("null", "true", "-1", "0", "7", "1.5", "1e400", "99999999999", "\"\"", "\"a\\ud800\"", "\"stop\"",
            "\"message_start\"", "\"message_delta\"", "\"response.completed\"", "\"response.x.delta\"", "{}", "[]");
        if (depth == 0) return leaf;
        var name = Gen.OneOfConst("type", "object", "model", "usage", "usageMetadata", "choices", "delta", "message", "response", "content", "parts",
            "candidates", "text", "tool_calls", "function", "arguments", "finish_reason", "finishReason", "prompt_tokens", "completion_tokens",
            "input_tokens", "output_tokens", "cache_read_input_tokens", "promptTokenCount", "candidatesTokenCount", "x_groq",
            "usa\\ud800", "output", "thinking");
        var member = Gen.Select(name, Json(depth - 1), (n, v) => $"\"{n}\":{v}");
        var shaped = Gen.Select(Gen.OneOfConst("choices", "usageMetadata", "candidates", "usage"), Json(depth - 1), (n, v) => $"\"{n}\":{v}");
        return Gen.OneOf(leaf, member.Array[0, 6].Select(m => $"{{{string.Join(',', m)}}}"),
            shaped.Array[1, 3].Select(m => $"{{{string.Join(',', m)}}}"),
            Json(depth - 1).Array[0, 3].Select(v => $"[{string.Join(',', v)}]"));
    }

    // What the stream has said of its usage in its newest event up to the cut, read without StreamedUsage.
    private static TokenUsage? Said(Streams stream, int cut)
    {
        if (cut == 0 || !stream.Events[cut - 1].StartsWith('{')) return null;
        using var json = JsonDocument.Parse(stream.Events[cut - 1]);
        var root = json.RootElement;
        if (root.TryGetProperty("type", out var type) && type.ValueEquals("message_delta"))
            root = JsonDocument.Parse(stream.Whole).RootElement;
        foreach (var place in new[] { "response", "message", "x_groq" })
            if (root.TryGetProperty(place, out var inner)) root = inner;
        return UsageExtraction.Extract(stream.Provider, stream.Flavor, root) is Extracted said ? said.Usage : null;
    }

    private static StreamedUsage Taken(string provider, string? flavor, params string[] events)
    {
        var stream = new StreamedUsage(provider, flavor);
        foreach (var json in events) Take(stream, json);
        return stream;
    }

    private static void Take(StreamedUsage stream, string json) => stream.Take(Encoding.UTF8.GetBytes(json));
}
