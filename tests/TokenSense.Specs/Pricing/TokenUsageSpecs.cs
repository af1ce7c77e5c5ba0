using System.Text.Json;
using Shouldly;
using TokenSense.Pricing;
using Xunit;

namespace TokenSense.Specs.Pricing;

public sealed class TokenUsageSpecs
{
    [Fact]
    public void Each_property_is_the_class_of_its_name()
    {
        foreach (var property in typeof(TokenUsage).GetProperties().Where(p => p.PropertyType == typeof(long) && p.GetIndexParameters().Length == 0))
        {
            var camel = char.ToLowerInvariant(property.Name[0]) + property.Name[1..];
            var usage = TokenUsage.None.With(camel, 7);
            property.GetValue(usage).ShouldBe(7L, property.Name);
            usage[camel].ShouldBe(7);
        }
    }

    [Fact]
    public void A_copy_with_another_count_leaves_the_original_alone()
    {
        var usage = new TokenUsage { InputTokens = 1 };
        (usage with { InputTokens = 2 }).InputTokens.ShouldBe(2);
        usage.With("input_tokens", 3).InputTokens.ShouldBe(3);
        usage.InputTokens.ShouldBe(1);
    }

    [Fact]
    public void Equal_counts_are_the_same_usage()
    {
        new TokenUsage { InputTokens = 1, WebSearches = 2 }.ShouldBe(new TokenUsage { WebSearches = 2, InputTokens = 1 });
        new TokenUsage { InputTokens = 1 }.ShouldNotBe(new TokenUsage { OutputTokens = 1 });
        new TokenUsage { InputTokens = 1 }.ToString().ShouldBe("TokenUsage { input_tokens = 1 }");
    }

    [Theory]
    [InlineData("""{"input_tokens":5,"cache_write_1h_tokens":2,"output_tokens":0,"whatever":[1,{}]}""")]
    [InlineData("""{"inputTokens":5,"cacheWrite1hTokens":2,"outputTokens":null}""")]
    public void Both_spellings_are_read_and_unknown_members_passed_over(string json) =>
        JsonSerializer.Deserialize<TokenUsage>(json).ShouldBe(new() { InputTokens = 5, CacheWrite1hTokens = 2 });

    [Fact]
    public void Only_what_was_used_is_written_beside_the_totals()
    {
        var usage = new TokenUsage { InputTokens = 5, CacheReadTokens = 3 };
        JsonSerializer.Serialize(usage).ShouldBe("""{"input_tokens":5,"cache_read_tokens":3,"output_tokens":0}""");
        JsonSerializer.Serialize(usage, JsonSerializerOptions.Web).ShouldBe("""{"inputTokens":5,"cacheReadTokens":3,"outputTokens":0}""");
    }

    [Theory]
    [InlineData("""{"input_tokens":1.5}""")]
    [InlineData("""{"input_tokens":"5"}""")]
    [InlineData("""{"input_tokens":99999999999999999999}""")]
    [InlineData("[]")]
    public void A_count_that_is_no_whole_number_is_refused(string json) =>
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<TokenUsage>(json));
}
