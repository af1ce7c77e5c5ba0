using Shouldly;
using TokenSense.Pricing;
using Xunit;
using static TokenSense.Pricing.PriceResult;

namespace TokenSense.Specs.Pricing;

public sealed class UnpricedSpecs
{
    private static readonly TokenUsage Some = new() { InputTokens = 10, OutputTokens = 10 };

    [Fact]
    public void An_unknown_provider_has_no_price() =>
        PriceBook.Default.Price("nobody-knows", "gpt-4o", Some, Books.Noon).ShouldBeOfType<Unpriced>().Reason.ShouldBe(UnpricedReason.UnknownProvider);

    [Fact]
    public void An_unknown_model_has_no_price() =>
        PriceBook.Default.Price("openai", "gpt-nobody-knows", Some, Books.Noon).ShouldBeOfType<Unpriced>().Reason.ShouldBe(UnpricedReason.UnknownModel);

    [Fact]
    public void Output_of_a_model_that_prices_only_input_has_no_price_rather_than_none_to_pay()
    {
        var unpriced = Books.WithPrices("""{"input_mtok":1}""").NoCost(Some);
        unpriced.Reason.ShouldBe(UnpricedReason.NoPriceForClass);
        unpriced.Class.ShouldBe("output_tokens");
    }

    [Fact]
    public void An_empty_price_is_no_price() =>
        Books.WithPrices("{}").NoCost(Some).Reason.ShouldBe(UnpricedReason.NoPriceForClass);

    [Fact]
    public void A_search_without_a_price_leaves_the_whole_call_unpriced() =>
        Books.WithPrices("""{"input_mtok":1,"output_mtok":1}""").NoCost(Some with { WebSearches = 1 }).Class.ShouldBe("web_searches");

    [Fact]
    public void Tokens_of_a_call_that_is_paid_by_the_hour_need_no_price() =>
        Books.WithPrices("""{"audio_hours":3.6}""").Cost(Some with { AudioSeconds = 10 }).CostUsd.ShouldBe(0.01m);

    [Fact]
    public void Tokens_of_a_model_priced_by_the_hour_have_no_price_when_no_seconds_are_reported() =>
        Books.WithPrices("""{"audio_hours":3.6}""").NoCost(Some).Class.ShouldBe("input_tokens");

    [Fact]
    public void A_price_that_the_library_does_not_know_is_listed_and_prices_nothing()
    {
        var book = Books.WithPrices("""{"dreams_kcount":1}""");
        book.Ignored.ShouldHaveSingleItem().ShouldBe("provider 'acme', model 'm', field 'dreams_kcount'");
        book.NoCost(Some).Reason.ShouldBe(UnpricedReason.NoPriceForClass);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(TokenUsage.CountMax + 1)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void Counts_out_of_range_have_no_cost(long count) =>
        Books.WithPrices("""{"input_mtok":1,"output_mtok":1}""").NoCost(Some with { InputTokens = count })
            .Reason.ShouldBe(UnpricedReason.ContradictoryUsage);
}
