using Shouldly;
using TokenSense.Pricing;
using Xunit;

namespace TokenSense.Specs.Pricing;

public sealed class FlatPriceSpecs
{
    [Fact]
    public void Tokens_cost_their_price_per_million_to_the_last_decimal() =>
        Books.WithPrices("""{"input_mtok":0.075,"output_mtok":0.3}""")
            .Cost(new() { InputTokens = 1_234_567, OutputTokens = 1 })
            .CostUsd.ShouldBe(0.092592825m);

    [Fact]
    public void A_line_for_each_class_says_what_was_charged_and_at_which_price() =>
        Books.WithPrices("""{"input_mtok":3,"cache_read_mtok":0.3,"output_mtok":15}""")
            .Cost(new() { InputTokens = 1000, CacheReadTokens = 400, OutputTokens = 10 })
            .Lines.ShouldBe([
                new("input_tokens", 600, 0.000003m, 0.0018m),
                new("output_tokens", 10, 0.000015m, 0.00015m),
                new("cache_read_tokens", 400, 0.0000003m, 0.00012m),
            ], ignoreOrder: true);

    [Fact]
    public void The_finest_price_and_the_largest_count_stay_exact() =>
        Books.WithPrices("""{"input_mtok":1234.567891}""")
            .Cost(new() { InputTokens = TokenUsage.CountMax - 1 })
            .CostUsd.ShouldBe(12_345_678.908765432109m);

    [Fact]
    public void The_smallest_and_the_largest_cost_are_added_exactly() =>
        Books.WithPrices("""{"input_mtok":0.000001,"output_mtok":1000000}""")
            .Cost(new() { InputTokens = TokenUsage.CountMax - 1, OutputTokens = TokenUsage.CountMax })
            .CostUsd.ShouldBe(10_000_000_000.009999999999m);

    [Fact]
    public void A_price_per_request_counts_once_for_each_usage() =>
        Books.WithPrices("""{"input_mtok":1,"requests_kcount":5}""").Cost(new() { InputTokens = 1000 }).CostUsd.ShouldBe(0.006m);

    [Fact]
    public void Searches_cost_their_price_per_thousand() =>
        Books.WithPrices("""{"input_mtok":1,"web_searches_kcount":10}""")
            .Cost(new() { InputTokens = 1000, WebSearches = 3 }).CostUsd.ShouldBe(0.031m);

    [Fact]
    public void Seconds_priced_by_the_hour_are_rounded_once_to_twelve_decimals() =>
        Books.WithPrices("""{"audio_hours":0.111}""").Cost(new() { AudioSeconds = 61 }).CostUsd.ShouldBe(0.001880833333m);

    [Fact]
    public void A_price_of_zero_is_free_and_says_so()
    {
        var priced = Books.WithPrices("""{"input_mtok":0,"output_mtok":0}""").Cost(new() { InputTokens = 5, OutputTokens = 5 });
        priced.CostUsd.ShouldBe(0);
        priced.Lines.Length.ShouldBe(2);
    }

    [Fact]
    public void Groq_bills_at_least_ten_seconds_of_a_transcription() =>
        PriceBook.Default.Price("groq", "whisper-large-v3", new() { AudioSeconds = 1 }, Books.Noon)
            .ShouldBeOfType<PriceResult.Priced>().Lines.ShouldHaveSingleItem().Units.ShouldBe(10);
}
