using System.Text.Json;
using Shouldly;
using TokenSense.Pricing;
using Xunit;
using static TokenSense.Pricing.UsageExtraction;

namespace TokenSense.Specs.Pricing;

public sealed class UsageExtractionSpecs
{
    [Fact]
    public void Usage_and_model_are_read_from_a_chat_completion() =>
        Read("openai", "chat",
            """
            {"model":"gpt-4o-2024-08-06","usage":{"prompt_tokens":100,"completion_tokens":20,"prompt_tokens_details":{"cached_tokens":40},
             "completion_tokens_details":{"reasoning_tokens":8}}}
            """)
            .ShouldBe(new Extracted("gpt-4o-2024-08-06",
                new() { InputTokens = 100, CacheReadTokens = 40, OutputTokens = 20, OutputReasoningTokens = 8 }));

    [Fact]
    public void Anthropics_cached_tokens_are_added_to_its_input() =>
        Read("anthropic", null,
            """{"model":"claude-haiku-4-5","usage":{"input_tokens":10,"cache_creation_input_tokens":20,"cache_read_input_tokens":30,"output_tokens":5}}""")
            .ShouldBe(new Extracted("claude-haiku-4-5", new() { InputTokens = 60, CacheWriteTokens = 20, CacheReadTokens = 30, OutputTokens = 5 }));

    [Fact]
    public void Geminis_tokens_are_read_by_modality() =>
        Read("google", "default",
            """
            {"modelVersion":"gemini-2.5-flash","usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3,
             "promptTokensDetails":[{"modality":"TEXT","tokenCount":2},{"modality":"AUDIO","tokenCount":7}]}}
            """)
            .ShouldBe(new Extracted("gemini-2.5-flash", new() { InputTokens = 9, InputTextTokens = 2, InputAudioTokens = 7, OutputTokens = 3 }));

    [Theory]
    [InlineData("openai", "gpt-4o", 2, 3, """{"object":"chat.completion","model":"gpt-4o","choices":[],"usage":{"prompt_tokens":2,"completion_tokens":3}}""")]
    [InlineData("openai", "gpt-4o", 2, 3, """{"object":"response","model":"gpt-4o","output":[],"usage":{"input_tokens":2,"output_tokens":3}}""")]
    [InlineData("openai", "embed", 2, 0, """{"object":"list","model":"embed","data":[],"usage":{"prompt_tokens":2,"total_tokens":2}}""")]
    [InlineData("azure", "gpt-4o", 2, 3, """{"object":"response","model":"gpt-4o","output":[],"usage":{"input_tokens":2,"output_tokens":3}}""")]
    [InlineData("azure", "claude", 5, 3, """{"type":"message","model":"claude","content":[],"usage":{"input_tokens":2,"cache_read_input_tokens":3,"output_tokens":3}}""")]
    [InlineData("deepseek", "deepseek-chat", 2, 3, """{"object":"chat.completion","model":"deepseek-chat","choices":[],"usage":{"prompt_tokens":2,"completion_tokens":3}}""")]
    [InlineData("deepseek", "deepseek-chat", 5, 3, """{"type":"message","model":"deepseek-chat","content":[],"usage":{"input_tokens":2,"cache_read_input_tokens":3,"output_tokens":3}}""")]
    [InlineData("groq", "llama", 2, 3, """{"object":"chat.completion","model":"llama","choices":[],"usage":{"prompt_tokens":2,"completion_tokens":3}}""")]
    public void Without_a_flavor_the_body_s_own_shape_says_how_it_is_read(string provider, string model, long input, long output, string body)
    {
        var read = Read(provider, null, body).ShouldBeOfType<Extracted>();
        (read.Model, read.Usage.InputTokens, read.Usage.OutputTokens).ShouldBe((model, input, output));
    }

    [Fact]
    public void Without_a_flavor_a_body_of_no_known_shape_says_which_flavors_there_are() =>
        Read("openai", null, """{"created":1,"data":[],"usage":{"input_tokens":2,"output_tokens":3}}""").ShouldBeOfType<NotExtracted>()
            .Message.ShouldBe("The body's shape does not tell which API of provider 'openai' it is of: say api_flavor, one of chat, responses, realtime, images, embeddings.");

    [Fact]
    public void A_model_s_name_that_holds_half_of_a_character_is_no_name() =>
        Read("openai", "chat", """{"model":"\ud800","usage":{"prompt_tokens":1,"completion_tokens":1}}""")
            .ShouldBe(new Extracted(null, new() { InputTokens = 1, OutputTokens = 1 }));

    [Theory]
    [InlineData("openai", "chat", """{"model":"m","usage":{"completion_tokens":1}}""", "usage.prompt_tokens")]
    [InlineData("openai", "chat", """{"model":"m","usage":{"prompt_tokens":null,"completion_tokens":1}}""", "usage.prompt_tokens")]
    [InlineData("openai", "chat", """{"model":"m","usage":{"prompt_tokens":-1,"completion_tokens":1}}""", "between 0 and")]
    [InlineData("openai", "chat", """{"model":"m","usage":{"prompt_tokens":1.5,"completion_tokens":1}}""", "whole number")]
    [InlineData("openai", "chat", """{"model":"m"}""", "has no 'usage'")]
    [InlineData("openai", "chat", "[]", "has no 'usage'")]
    [InlineData("openai", "chat", """{"usage":[]}""", "not an object")]
    [InlineData("google", "default", """{"usageMetadata":{}}""", "No usage found")]
    [InlineData("openai", "chat", """{"usa\ud800":1}""", "not Unicode")]
    [InlineData("openai", "telegram", "{}", "only: chat")]
    [InlineData("nobody-knows", "chat", "{}", "nobody-knows")]
    public void A_body_that_cannot_be_read_says_where_and_why(string provider, string flavor, string body, string why) =>
        Read(provider, flavor, body).ShouldBeOfType<NotExtracted>().Message.ShouldContain(why);

    private static UsageExtraction Read(string provider, string? flavor, string body)
    {
        using var json = JsonDocument.Parse(body);
        return Extract(provider, flavor, json.RootElement);
    }
}
