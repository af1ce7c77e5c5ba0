using System.Collections.Immutable;
using System.Text.RegularExpressions;
using static TokenSense.Pricing.PriceResult;

namespace TokenSense.Pricing;

/// <summary>Prices of models by provider, with the rules that find them: immutable, and safe to use from any thread.</summary>
/// <remarks>The schema and its meaning are those of pydantic/genai-prices. Prices are list prices in USD.</remarks>
public sealed partial class PriceBook
{
    /// <summary>Names longer than this are unknown.</summary>
    public const int NameLengthMax = 512;

    private const int LookupsRemembered = 4096, LookupsRememberedOfOwn = 256;
    private const long WhisperSecondsMin = 10;

    private static readonly Lazy<PriceBook> Shipped = new(() =>
    {
        using var prices = typeof(PriceBook).Assembly.GetManifestResourceStream("TokenSense.Pricing.prices.json")!;
        return Parse(prices);
    });

    // Whose models count where a provider has none of its own: without anybody's own prices.
    private ImmutableArray<PriceProvider> fallbacks;
    private readonly RecentCache<(string? Provider, string Model), Lookup> lookups;
    private readonly RecentCache<string, ImmutableArray<KnownModel>> finds;

    internal PriceBook(string version, ImmutableArray<PriceProvider> providers, ImmutableArray<string> ignored, int remembered = LookupsRemembered)
    {
        (Version, Providers, Ignored, fallbacks) = (version, providers, ignored, providers);
        (lookups, finds) = (new(remembered), new(remembered));
    }

    /// <summary>The book that ships with the product, read on first use.</summary>
    public static PriceBook Default => Shipped.Value;

    /// <summary>Names the contents: equal versions mean equal prices.</summary>
    public string Version { get; }

    /// <summary>All providers, in the order in which their rules are tried.</summary>
    public ImmutableArray<PriceProvider> Providers { get; }

    /// <summary>Prices and extractor targets that this library does not know and passed over, each with its place.</summary>
    public ImmutableArray<string> Ignored { get; }

    /// <summary>The same book with somebody's own prices before its own. They count for the provider that they name, not for who resells its models.</summary>
    /// <param name="own">See <see cref="OwnPrices"/>.</param>
    /// <param name="version">Names them; follows a <c>~</c> in the new book's version.</param>
    public PriceBook With(ImmutableArray<PriceProvider> own, long version)
    {
        var left = own.ToDictionary(p => p.Id);
        ImmutableArray<PriceProvider> providers =
        [
            .. Providers.Select(p => left.Remove(p.Id, out var mine) ? p.With([.. mine.Models.Select(m => InPlace(p, m))]) : p),
            .. own.Where(p => left.ContainsKey(p.Id)),
        ];
        return new($"{Version}~{version}", providers, Ignored, LookupsRememberedOfOwn) { fallbacks = Providers };
    }

    // Why own prices would not do what they seem to; null: they do.
    internal string? Misunderstanding(ImmutableArray<PriceProvider> own)
    {
        foreach (var provider in own)
        {
            if (Providers.FirstOrDefault(p => p.Id == provider.Id) is not { } known)
            {
                if (FindProvider(provider.Id) is { } meant) return $"provider '{provider.Id}' is '{meant.Id}' in the price book.";
                continue;
            }
            foreach (var model in provider.Models.Where(m => !m.HasMatch && BookModel(known, m.Id) is null))
                if (!Dated().IsMatch(model.Id) && Listed(known, model.Id.ToLowerInvariant()) is { } meant)
                    return $"provider '{provider.Id}', model '{model.Id}' is '{meant.Id}' in the price book: set the price of that, or say by match which names are meant.";
        }
        return null;
    }

    // A provider answers with names that nobody asked for, and the answered one is recorded.
    private PriceModel InPlace(PriceProvider provider, PriceModel own)
    {
        if (own.HasMatch || BookModel(provider, own.Id) is not { } book) return Listed(provider, own.Id.ToLowerInvariant()) is { } near ? own.Over(near, own.Match) : own;
        return own.Over(book, new MatchRule.InPlaceOf(own.Id, text => ReferenceEquals(Resolve(provider.Id, text).Model, book)));
    }

    private PriceModel? BookModel(PriceProvider provider, string id) =>
        provider.FallbackModelProviders.Select(f => Providers.FirstOrDefault(p => p.Id == f)).Prepend(provider).OfType<PriceProvider>()
            .Select(p => p.Models.FirstOrDefault(m => m.Id.Equals(id, StringComparison.OrdinalIgnoreCase))).FirstOrDefault(m => m is not null);

    [GeneratedRegex("20[0-9]{2}-?[01][0-9]-?[0-3][0-9]", RegexOptions.CultureInvariant)]
    private static partial Regex Dated();

    /// <summary>What a usage cost at an instant (when the call was admitted).</summary>
    /// <param name="provider">A provider's id or another name for it; null finds it by the model's name.</param>
    /// <param name="model">The model's name as requested or answered.</param>
    /// <param name="usage">What was used.</param>
    /// <param name="at">Decides between dated prices.</param>
    public PriceResult Price(string? provider, string model, TokenUsage usage, DateTimeOffset at)
    {
        var (found, price) = Resolve(provider, model);
        if (found is null)
            return Unpriced(UnpricedReason.UnknownProvider, null, $"No provider of the price book answers to '{provider ?? model}'.");
        if (price is null)
            return Unpriced(UnpricedReason.UnknownModel, null, $"The price book knows no model '{model}' of provider '{found.Id}'.");

        var (constraint, prices) = price.PricesAt(at);
        var (lines, reason, @class) = prices.Charge(Billed(found, price, usage));
        return reason switch
        {
            null => new Priced(Sum(lines), found.Id, price.Id, constraint, lines) { BookVersion = Version },
            UnpricedReason.NoPriceForClass =>
                Unpriced(reason.Value, @class, $"The price book has no price for {@class} of model '{price.Id}' of provider '{found.Id}'."),
            _ => Unpriced(reason.Value, @class, $"The usage contradicts itself in {@class}: its parts exceed it, or it is out of range."),
        };
    }

    private Unpriced Unpriced(UnpricedReason reason, string? @class, string message) =>
        new(reason, @class, message) { BookVersion = Version };

    private static decimal Sum(ImmutableArray<PriceLine> lines)
    {
        var sum = 0m;
        foreach (var line in lines) sum += line.CostUsd;
        return sum;
    }

    // Groq bills at least ten seconds of a transcription; genai-prices has this in its code, not in its data.
    private static TokenUsage Billed(PriceProvider provider, PriceModel model, TokenUsage usage)
    {
        if (provider.Id != "groq" || model.Id is not ("whisper-large-v3" or "whisper-large-v3-turbo")) return usage;
        var seconds = usage.AudioSeconds == 0 ? usage.InputAudioSeconds : usage.AudioSeconds;
        if (seconds <= 0) return usage;
        var billed = Math.Max(seconds, WhisperSecondsMin);
        return usage with { AudioSeconds = billed, InputAudioSeconds = billed };
    }
}
