using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.Pricing;
using Xunit;

namespace TokenSense.Specs.Pricing;

public sealed class BodyUsageSpecs
{
    [Theory, MemberData(nameof(Streams.Names), MemberType = typeof(Streams))]
    public void An_answer_without_usage_is_estimated_by_what_was_generated(string name)
    {
        var stream = Streams.ByName[name];
        var body = JsonNode.Parse(stream.Whole)!.AsObject();
        body.Remove("usage");
        body.Remove("usageMetadata");
        using var json = JsonDocument.Parse(body.ToJsonString());
        var result = BodyUsage.Read(stream.Provider, stream.Flavor, json.RootElement, 10);
        result.Estimated.ShouldBeTrue();
        result.Model.ShouldNotBeNull();
        // Where a tool's arguments are JSON and not text, their spaces may differ.
        Math.Abs(result.Usage.OutputTokens - UsageEstimate.Of(10, stream.Taken(99).OutputBytes).OutputTokens).ShouldBeLessThanOrEqualTo(1);
        result.Usage.InputTokens.ShouldBe(4);
    }

    [Theory]
    [InlineData("""{"content":[{"type":"thinking","thinking":[{"type":"text","text":"abc"}]},{"type":"text","text":"def"}]}""")]
    [InlineData("""{"refusal":"abcdef"}""")]
    [InlineData("""{"reasoning":"abcdef","reasoning_content":"abcdef"}""")]
    [InlineData("""{"function_call":{"name":"ab","arguments":"cdef"}}""")]
    [InlineData("""{"audio":{"transcript":"abcdef","data":"AAAAAAAAAAAAAAAAAAAA"}}""")]
    [InlineData("""{"tool_calls":[{"custom":{"name":"ab","input":"cdef"}}]}""")]
    public void All_that_a_chat_completion_generates_is_counted(string message) =>
        Read("openai", "chat", $$"""{"choices":[{"message":{{message}}}]}""", 1).Usage.OutputTokens.ShouldBe(2);

    [Fact]
    public void All_choices_are_counted() =>
        Read("openai", "chat", """{"choices":[{"message":{"content":"abc"}},{"message":{"content":"def"}},{"text":"ghi"}]}""", 1)
            .Usage.OutputTokens.ShouldBe(3);

    [Fact]
    public void Embeddings_without_usage_have_input_only() =>
        Read("openai", "embeddings", """{"object":"list","model":"e","data":[{"object":"embedding","embedding":[0.1,0.2]}]}""", 30)
            .ShouldBe(new(new() { InputTokens = 10 }, true, "e"));

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"choic\ud800":1}""")]
    [InlineData("""{"choices":7,"content":{},"output":[[]],"candidates":[null]}""")]
    public void A_body_of_no_known_shape_is_estimated(string body) =>
        Read("openai", "chat", body, 30).ShouldBe(new(new() { InputTokens = 10 }, true, null));

    [Theory]
    [InlineData(0, 0, 1, 0)]
    [InlineData(-5, -5, 1, 0)]
    [InlineData(3, 4, 1, 2)]
    [InlineData(4, 3, 2, 1)]
    [InlineData(long.MaxValue, long.MaxValue, TokenUsage.CountMax, TokenUsage.CountMax)]
    public void A_token_is_estimated_for_every_three_bytes_begun(long requestBytes, long outputBytes, long input, long output) =>
        UsageEstimate.Of(requestBytes, outputBytes).ShouldBe(new TokenUsage { InputTokens = input, OutputTokens = output });

    private static StreamedResult Read(string provider, string flavor, string body, long requestBytes)
    {
        using var json = JsonDocument.Parse(body);
        return BodyUsage.Read(provider, flavor, json.RootElement, requestBytes);
    }
}
