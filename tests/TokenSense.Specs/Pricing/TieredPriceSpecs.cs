using Shouldly;
using TokenSense.Pricing;
using Xunit;

namespace TokenSense.Specs.Pricing;

public sealed class TieredPriceSpecs
{
    private static readonly PriceBook Book = Books.WithPrices(
        """
        {"input_mtok":{"base":1,"tiers":[{"start":500000,"price":4},{"start":200000,"price":2}]},
         "cache_read_mtok":0.1,
         "output_mtok":{"base":10,"tiers":[{"start":200000,"price":15}]}}
        """);

    [Fact]
    public void A_request_exactly_at_the_start_of_a_tier_pays_the_base_price() =>
        Book.Cost(new() { InputTokens = 200_000, OutputTokens = 100 }).CostUsd.ShouldBe(0.2m + 0.001m);

    [Fact]
    public void A_request_one_token_above_the_start_pays_the_tier_for_all_of_its_tokens() =>
        Book.Cost(new() { InputTokens = 200_001, OutputTokens = 100 }).CostUsd.ShouldBe(0.400002m + 0.0015m);

    [Fact]
    public void Tiers_count_by_their_start_and_not_by_their_place_in_the_book() =>
        Book.Cost(new() { InputTokens = 500_001 }).CostUsd.ShouldBe(2.000004m);

    [Fact]
    public void Cached_tokens_count_toward_the_size_of_the_request() =>
        Book.Cost(new() { InputTokens = 200_001, CacheReadTokens = 200_000 }).CostUsd.ShouldBe(0.000002m + 0.02m);

    [Fact]
    public void Much_output_alone_reaches_no_tier() =>
        Book.Cost(new() { InputTokens = 1, OutputTokens = 900_000 }).CostUsd.ShouldBe(0.000001m + 9m);
}
