using System.Text;
using Shouldly;
using TokenSense.Pricing;
using static TokenSense.Pricing.PriceResult;

namespace TokenSense.Specs.Pricing;

internal static class Books
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    // One provider "acme" with one model "m", whose prices are given as JSON.
    public static PriceBook WithPrices(string prices) =>
        Parse($$"""[{"id":"acme","name":"Acme","models":[{"id":"m","match":{"equals":"m"},"prices":{{prices}}}]}]""");

    public static PriceBook Parse(string json) => PriceBook.Parse(Encoding.UTF8.GetBytes(json));

    public static Priced Cost(this PriceBook book, TokenUsage usage, DateTimeOffset? at = null) =>
        book.Price("acme", "m", usage, at ?? Noon).ShouldBeOfType<Priced>();

    public static Unpriced NoCost(this PriceBook book, TokenUsage usage) =>
        book.Price("acme", "m", usage, Noon).ShouldBeOfType<Unpriced>();
}
