using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace TokenSense.Pricing;

/// <summary>A provider of the book, with its models in the order in which their rules are tried.</summary>
public sealed class PriceProvider
{
    internal PriceProvider() { }

    /// <summary>The provider's id, <c>openai</c>.</summary>
    public required string Id { get; init; }
    /// <summary>The provider's name for people.</summary>
    public required string Name { get; init; }
    /// <summary>Its models.</summary>
    public required ImmutableArray<PriceModel> Models { get; init; }
    /// <summary>Which formats of response the book can read for it: <c>default</c>, <c>chat</c>, <c>responses</c>…</summary>
    public ImmutableArray<string> ApiFlavors => [.. Extractors.Select(e => e.ApiFlavor)];
    /// <summary>Providers whose models count as this one's where none of its own matches.</summary>
    public required ImmutableArray<string> FallbackModelProviders { get; init; }

    internal Regex ApiPattern { get; init; } = null!;
    internal MatchRule? ProviderMatch { get; init; }
    internal MatchRule? ModelMatch { get; init; }
    internal ImmutableArray<UsageExtractor> Extractors { get; init; }

    // Own models go first, in their order.
    internal PriceProvider With(ImmutableArray<PriceModel> own) => new()
    {
        Id = Id, Name = Name, Models = [.. own, .. Models.Where(m => !own.Any(o => o.Id == m.Id))], FallbackModelProviders = FallbackModelProviders,
        ApiPattern = ApiPattern, ProviderMatch = ProviderMatch, ModelMatch = ModelMatch, Extractors = Extractors,
    };

    internal PriceModel? Own(string model) => Models.FirstOrDefault(m => m.Match.Matches(model));
}

/// <summary>A model of a provider and what it costs.</summary>
public sealed class PriceModel
{
    internal PriceModel() { }

    /// <summary>The model's id in the book.</summary>
    public required string Id { get; init; }
    /// <summary>The model's name for people, if the book has one.</summary>
    public required string? Name { get; init; }
    /// <summary>Tokens its context holds, if the book says.</summary>
    public required long? ContextWindowTokens { get; init; }
    /// <summary>The provider withdraws it.</summary>
    public required bool Deprecated { get; init; }
    /// <summary>Its prices; with more than one, the last whose constraint holds counts, and the first where none does.</summary>
    public required ImmutableArray<ConditionalPrices> Prices { get; init; }

    internal MatchRule Match { get; init; } = null!;

    /// <summary>It says itself which calls are its.</summary>
    internal bool HasMatch { get; init; } = true;

    // Where this one says no price of a search or a request, the book's counts.
    internal PriceModel Over(PriceModel book, MatchRule match) => new()
    {
        Id = Id, Name = Name ?? book.Name, ContextWindowTokens = ContextWindowTokens ?? book.ContextWindowTokens, Deprecated = Deprecated, Match = match,
        Prices = [.. Prices.Select(p => p with { Prices = p.Prices.Over(book.PricesAt(DateTimeOffset.MaxValue).Prices) })],
    };

    /// <summary>The prices at an instant.</summary>
    public ConditionalPrices PricesAt(DateTimeOffset at)
    {
        for (var i = Prices.Length - 1; i >= 0; i--)
            if (Prices[i].Constraint is not { } constraint || constraint.Holds(at)) return Prices[i];
        return new(null, Prices[0].Prices);
    }
}

/// <summary>Prices and when they count; without a constraint, always.</summary>
public sealed record ConditionalPrices(PriceConstraint? Constraint, PriceSet Prices);
