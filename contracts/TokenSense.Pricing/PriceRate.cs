using System.Collections.Immutable;

namespace TokenSense.Pricing;

/// <summary>The price of one class: flat, or by the size of the request.</summary>
/// <param name="BaseUsd">USD per <paramref name="UnitsPerPrice"/> units, where no tier is passed.</param>
/// <param name="Tiers">By start, ascending; empty for a flat price.</param>
/// <param name="UnitsPerPrice">1,000,000 for tokens, 1,000 for searches and pages, 3,600 for seconds priced by the hour.</param>
public sealed record PriceRate(decimal BaseUsd, ImmutableArray<PriceTier> Tiers, int UnitsPerPrice)
{
    // A tier is entered by what lies above its start, and then counts for all of the request, not only for that part.
    internal decimal UsdFor(long inputTokens)
    {
        var usd = BaseUsd;
        foreach (var tier in Tiers)
            if (inputTokens > tier.Start) usd = tier.PriceUsd;
        return usd;
    }
}

/// <summary>A price that counts for the whole request when its input is larger than the start.</summary>
/// <param name="Start">Input tokens that must be exceeded, cached ones included.</param>
/// <param name="PriceUsd">USD per as many units as the rate says.</param>
public sealed record PriceTier(long Start, decimal PriceUsd);
