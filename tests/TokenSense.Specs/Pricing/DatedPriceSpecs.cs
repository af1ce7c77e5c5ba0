using Shouldly;
using TokenSense.Pricing;
using Xunit;

namespace TokenSense.Specs.Pricing;

public sealed class DatedPriceSpecs
{
    private static readonly TokenUsage Million = new() { InputTokens = 1_000_000 };

    private static readonly PriceBook ByDate = Books.WithPrices(
        """
        [{"prices":{"input_mtok":1}},
         {"constraint":{"start_date":"2026-03-13"},"prices":{"input_mtok":2}},
         {"constraint":{"start_date":"2026-09-01","type":"start_date"},"prices":{"input_mtok":3}}]
        """);

    private static readonly PriceBook ByTime = Books.WithPrices(
        """
        [{"prices":{"input_mtok":4}},
         {"constraint":{"start_time":"16:30:00Z","end_time":"00:30:00Z"},"prices":{"input_mtok":1}}]
        """);

    [Theory]
    [InlineData("2026-03-12T23:59:59.999Z", 1)]
    [InlineData("2026-03-13T00:00:00Z", 2)]
    [InlineData("2026-08-31T23:59:59Z", 2)]
    [InlineData("2026-09-01T01:59:59+02:00", 2)]
    [InlineData("2026-09-01T02:00:00+02:00", 3)]
    public void A_new_price_counts_from_midnight_UTC_of_its_date(string at, decimal costUsd) =>
        ByDate.Cost(Million, DateTimeOffset.Parse(at)).CostUsd.ShouldBe(costUsd);

    [Fact]
    public void The_answer_names_the_date_from_which_its_price_counts()
    {
        ByDate.Cost(Million).PriceValidFrom.ShouldBe(new DateOnly(2026, 9, 1));
        ByDate.Cost(Million, new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)).PriceValidFrom.ShouldBeNull();
    }

    [Theory]
    [InlineData("2026-06-01T16:29:59Z", 4)]
    [InlineData("2026-06-01T16:30:00Z", 1)]
    [InlineData("2026-06-01T23:59:59Z", 1)]
    [InlineData("2026-06-01T00:29:59Z", 1)]
    [InlineData("2026-06-01T00:30:00Z", 4)]
    [InlineData("2026-06-01T18:30:00+02:00", 1)]
    public void A_price_of_the_night_counts_over_midnight_until_before_its_end(string at, decimal costUsd) =>
        ByTime.Cost(Million, DateTimeOffset.Parse(at)).CostUsd.ShouldBe(costUsd);
}
