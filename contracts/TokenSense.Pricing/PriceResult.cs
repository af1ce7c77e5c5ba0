using System.Collections.Immutable;

namespace TokenSense.Pricing;

/// <summary>What a usage cost, or why no cost can be said. An unknown cost is never 0.</summary>
public abstract record PriceResult
{
    private PriceResult() { }

    /// <summary>The version of the book that answered.</summary>
    public required string BookVersion { get; init; }

    /// <summary>The usage has a price.</summary>
    /// <param name="CostUsd">USD, exact: the sum of the lines.</param>
    /// <param name="ProviderId">The provider that answered to the name given.</param>
    /// <param name="ModelId">The book's model that matched the name given.</param>
    /// <param name="Constraint">Why these prices and not others of the model; null where the model has only these or none held.</param>
    /// <param name="Lines">One for each class that was used and charged.</param>
    public sealed record Priced(
        decimal CostUsd, string ProviderId, string ModelId, PriceConstraint? Constraint, ImmutableArray<PriceLine> Lines) : PriceResult
    {
        /// <summary>The date from which these prices count, where the book names one.</summary>
        public DateOnly? PriceValidFrom => Constraint is PriceConstraint.FromDate from ? from.Date : null;
    }

    /// <summary>The usage has no price.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Class">The class of usage at fault, <c>output_tokens</c>; null where provider or model is unknown.</param>
    /// <param name="Message">Why, in a sentence with the names.</param>
    public sealed record Unpriced(UnpricedReason Reason, string? Class, string Message) : PriceResult;
}

/// <summary>Why a usage has no price.</summary>
public enum UnpricedReason
{
    /// <summary>No provider of the book answers to the name.</summary>
    UnknownProvider,
    /// <summary>The provider has no model of that name, nor have its fallbacks.</summary>
    UnknownModel,
    /// <summary>Something was used that the model's prices do not cover. An empty price object covers nothing.</summary>
    NoPriceForClass,
    /// <summary>The counts contradict each other, or are out of range.</summary>
    ContradictoryUsage,
}

/// <summary>The cost of one disjoint class of usage.</summary>
/// <param name="Class">The key of the class, <c>cache_read_tokens</c>.</param>
/// <param name="Units">How many were charged in this class and no other.</param>
/// <param name="UsdPerUnit">USD for one. Exact for all but seconds priced by the hour.</param>
/// <param name="CostUsd">USD. Units × USD per unit, not rounded; for seconds, rounded to 12 decimals after dividing by 3,600.</param>
public readonly record struct PriceLine(string Class, long Units, decimal UsdPerUnit, decimal CostUsd)
{
    // Dividing by a power of ten is exact; by the 3,600 seconds of an hour it may never end.
    internal static PriceLine Of(string @class, long units, decimal usd, int unitsPerPrice) =>
        new(@class, units, usd / unitsPerPrice,
            unitsPerPrice == 3600 ? decimal.Round(units * usd / 3600, 12) : units * (usd / unitsPerPrice));
}
