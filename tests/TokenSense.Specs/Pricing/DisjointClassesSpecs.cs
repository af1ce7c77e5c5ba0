using Shouldly;
using TokenSense.Pricing;
using Xunit;

namespace TokenSense.Specs.Pricing;

public sealed class DisjointClassesSpecs
{
    private static readonly PriceBook Full = Books.WithPrices(
        """
        {"input_mtok":1,"cache_read_mtok":0.1,"cache_write_mtok":2,"input_audio_mtok":10,"cache_audio_read_mtok":0.5,
         "cache_audio_write_mtok":3,"output_mtok":100,"output_audio_mtok":200}
        """);

    private static readonly TokenUsage Mixed = new()
    {
        InputTokens = 1000, CacheReadTokens = 300, CacheWriteTokens = 100, InputAudioTokens = 200, CacheAudioReadTokens = 50,
        OutputTokens = 400, OutputAudioTokens = 150, OutputReasoningTokens = 90,
    };

    [Fact]
    public void Every_token_is_charged_in_exactly_one_class() =>
        Full.Cost(Mixed).Lines.ToDictionary(l => l.Class, l => l.Units).ShouldBe(new Dictionary<string, long>
        {
            ["input_tokens"] = 450, // 1000 - 250 cached text - 100 written - 150 audio - 50 cached audio
            ["cache_read_tokens"] = 250,
            ["cache_write_tokens"] = 100,
            ["input_audio_tokens"] = 150,
            ["cache_audio_read_tokens"] = 50,
            ["output_tokens"] = 250,
            ["output_audio_tokens"] = 150,
        }, ignoreOrder: true);

    [Fact]
    public void Classes_without_a_price_of_their_own_are_charged_where_they_are_contained() =>
        Books.WithPrices("""{"input_mtok":1,"output_mtok":100}""").Cost(Mixed).Lines
            .Select(l => (l.Class, l.Units)).ShouldBe([("input_tokens", 1000), ("output_tokens", 400)], ignoreOrder: true);

    [Fact]
    public void Reasoning_is_charged_as_output_unless_it_has_a_price()
    {
        var usage = new TokenUsage { OutputTokens = 100, OutputReasoningTokens = 40 };
        Books.WithPrices("""{"output_mtok":10}""").Cost(usage).CostUsd.ShouldBe(0.001m);
        Books.WithPrices("""{"output_mtok":10,"output_reasoning_mtok":20}""").Cost(usage).CostUsd.ShouldBe(0.0014m);
    }

    [Fact]
    public void A_cache_write_of_an_hour_has_its_own_price_and_one_of_five_minutes_the_common_one() =>
        Books.WithPrices("""{"input_mtok":1,"cache_write_mtok":2,"cache_write_1h_mtok":4}""")
            .Cost(new() { InputTokens = 100, CacheWriteTokens = 100, CacheWrite5mTokens = 30, CacheWrite1hTokens = 70 })
            .CostUsd.ShouldBe(0.00034m);

    [Fact]
    public void Parts_that_exceed_their_total_have_no_cost()
    {
        var unpriced = Full.NoCost(new() { InputTokens = 100, CacheReadTokens = 80, InputAudioTokens = 30 });
        unpriced.Reason.ShouldBe(UnpricedReason.ContradictoryUsage);
        unpriced.Class.ShouldBe("input_tokens");
    }
}
