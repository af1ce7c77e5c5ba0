using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace TokenSense.Pricing;

/// <summary>A model that a provider offers.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Model">The book's model that matched; another provider's where this one resells it.</param>
public sealed record KnownModel(PriceProvider Provider, PriceModel Model);

public sealed partial class PriceBook
{
    /// <summary>The provider of this id, or else the first whose rule claims the name; null if none does.</summary>
    public PriceProvider? FindProvider(string name)
    {
        if (name.Length > NameLengthMax) return null;
        var id = name.Trim().ToLowerInvariant();
        return Providers.FirstOrDefault(p => p.Id == id) ?? Providers.FirstOrDefault(p => p.ProviderMatch?.Matches(id) == true);
    }

    /// <summary>The provider whose API has this address; null if none has.</summary>
    public PriceProvider? FindProvider(Uri apiUrl) =>
        apiUrl.OriginalString.Length <= NameLengthMax
            ? Providers.FirstOrDefault(p => MatchRule.IsMatch(p.ApiPattern, apiUrl.OriginalString))
            : null;

    /// <summary>Who offers a model of this name: first the provider whose rule claims it, then who lists it, then who resells it.</summary>
    public ImmutableArray<KnownModel> Find(string model)
    {
        if (model.Length > NameLengthMax) return [];
        return finds.GetOrAdd(model, name =>
        {
            name = name.Trim().ToLowerInvariant();
            return
            [
                .. from provider in Providers
                   let known = ModelOf(provider, name)
                   where known is not null
                   orderby provider.ModelMatch?.Matches(name) == true ? 0 : provider.Models.Contains(known) ? 1 : 2
                   select new KnownModel(provider, known),
            ];
        });
    }

    private Lookup Resolve(string? provider, string model)
    {
        if (provider?.Length > NameLengthMax) return new(null, null);
        if (model.Length > NameLengthMax) return new(provider is null ? null : FindProvider(provider), null);
        return lookups.GetOrAdd((provider, model), key => Resolve(key.Provider, key.Model.Trim().ToLowerInvariant(), litellm: true));
    }

    private Lookup Resolve(string? provider, string model, bool litellm)
    {
        // LiteLLM names models "provider/model" where it routes, and plain where it does not.
        var routed = litellm && string.Equals(provider, "litellm", StringComparison.OrdinalIgnoreCase);
        if (routed && model.Split('/', 2) is [{ Length: > 0 } prefix, { Length: > 0 } rest] && FindProvider(prefix) is not null)
            return Resolve(prefix, rest, litellm: false);

        var found = string.IsNullOrWhiteSpace(provider) ? null : FindProvider(provider);
        if (found is null && (string.IsNullOrWhiteSpace(provider) || routed))
            found = Providers.FirstOrDefault(p => p.ModelMatch?.Matches(model) == true);
        return new(found, found is null ? null : ModelOf(found, model));
    }

    private PriceModel? ModelOf(PriceProvider provider, string model) =>
        Listed(provider, model) ?? (DashedDates(model) is var dashed && dashed != model ? Listed(provider, dashed) : null);

    // Fallbacks do not fall back further.
    private PriceModel? Listed(PriceProvider provider, string model) =>
        provider.Own(model)
        ?? provider.FallbackModelProviders
            .Select(id => fallbacks.FirstOrDefault(p => p.Id == id)?.Own(model))
            .FirstOrDefault(m => m is not null);

    // A snapshot may be named -20250807 where the book says -2025-08-07.
    private static string DashedDates(string model) =>
        CompactDate().Replace(model, found =>
            DateOnly.TryParseExact(found.ValueSpan[1..], "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
                ? date.ToString("-yyyy-MM-dd", CultureInfo.InvariantCulture)
                : found.Value);

    [GeneratedRegex("-20[0-9]{6}(?=-|:|$)")]
    private static partial Regex CompactDate();

    private sealed record Lookup(PriceProvider? Provider, PriceModel? Model);
}
