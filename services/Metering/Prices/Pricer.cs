using TokenSense.Metering.Usage;
using TokenSense.Pricing;

namespace TokenSense.Metering.Prices;

/// <summary>What a line costs (product decisions 12 and 13): the book's price, else the reported cost, else unpriced, which is never zero.</summary>
public sealed class Pricer(PriceBook book)
{
    public (decimal? CostUsd, PriceUsed? Price, string? Unpriced) Price(ReportedLine line) =>
        book.Price(line.Provider, line.Model, line.Usage, line.Time) switch
        {
            PriceResult.Priced priced => (priced.CostUsd, new PriceUsed(priced.BookVersion, priced.ProviderId, priced.ModelId, priced.PriceValidFrom,
                [.. priced.Lines.Select(l => new RateUsed(l.Class, l.Units, l.UsdPerUnit, l.CostUsd))]), null),
            PriceResult.Unpriced unpriced => (line.CostUsd, null, unpriced.Message),
            var other => throw new InvalidOperationException($"The price book answered {other.GetType().Name}."),
        };
}
