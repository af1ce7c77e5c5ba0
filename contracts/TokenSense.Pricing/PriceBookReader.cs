using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace TokenSense.Pricing;

public sealed partial class PriceBook
{
    private const int BytesMax = 32 * 1024 * 1024;

    /// <summary>Reads a book: our file with its head, or genai-prices' own array of providers. At most 32 MiB.</summary>
    /// <exception cref="FormatException">Not JSON, not the schema, or a price that is negative, over 1,000,000 USD, or has more than 12
    /// decimals per unit. The message names provider, model and field.</exception>
    public static PriceBook Parse(Stream json)
    {
        using var read = new MemoryStream();
        var buffer = new byte[81920];
        for (int count; (count = json.Read(buffer)) > 0;)
        {
            if (read.Length + count > BytesMax) throw new FormatException("The price book is larger than 32 MiB.");
            read.Write(buffer, 0, count);
        }
        return Parse(read.GetBuffer().AsSpan(0, (int)read.Length));
    }

    /// <inheritdoc cref="Parse(Stream)"/>
    public static PriceBook Parse(ReadOnlySpan<byte> utf8Json)
    {
        if (utf8Json.Length > BytesMax) throw new FormatException("The price book is larger than 32 MiB.");
        try
        {
            var reader = new Utf8JsonReader(utf8Json.StartsWith("\uFEFF"u8) ? utf8Json[3..] : utf8Json);
            using var json = JsonDocument.ParseValue(ref reader);
            return new PriceBookReader().Book(json.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException($"The price book is not in the schema of genai-prices: {e.Message}", e);
        }
    }
}

// One pass over the book; remembers what it passes over.
internal sealed class PriceBookReader
{
    private readonly ImmutableArray<string>.Builder ignored = ImmutableArray.CreateBuilder<string>();

    public PriceBook Book(JsonElement json)
    {
        var headed = json.ValueKind == JsonValueKind.Object;
        var list = headed ? json.GetProperty("providers") : json;
        ImmutableArray<PriceProvider> providers = [.. list.EnumerateArray().Select(Provider)];
        if (providers.CountBy(p => p.Id).FirstOrDefault(p => p.Value > 1) is { Key: { } twice })
            throw new FormatException($"Price book: provider '{twice}' is there twice.");

        // Derived from what was read, so that an edited file cannot carry another's version.
        var hash = Convert.ToHexStringLower(SHA256.HashData(JsonMarshal.GetRawUtf8Value(list)))[..8];
        var source = headed && json.TryGetProperty("source_version", out var version) ? $"genai-prices-{version.GetString()}" : "prices";
        return new($"{source}+{hash}", providers, ignored.ToImmutable());
    }

    private PriceProvider Provider(JsonElement json)
    {
        var id = json.GetProperty("id").GetString()!;
        var place = $"provider '{id}'";
        return new()
        {
            Id = id,
            Name = json.TryGetProperty("name", out var name) ? name.GetString()! : id,
            ApiPattern = MatchRuleReader.Pattern(json.TryGetProperty("api_pattern", out var api) ? $"^(?:{api.GetString()})" : "(?!)", place),
            ProviderMatch = json.TryGetProperty("provider_match", out var byName) ? MatchRuleReader.Rule(byName, place) : null,
            ModelMatch = json.TryGetProperty("model_match", out var byModel) ? MatchRuleReader.Rule(byModel, place) : null,
            FallbackModelProviders = json.TryGetProperty("fallback_model_providers", out var others)
                ? [.. others.EnumerateArray().Select(o => o.GetString()!)]
                : [],
            Extractors = json.TryGetProperty("extractors", out var extractors)
                ? [.. extractors.EnumerateArray().Select(e => Extractor(e, place))]
                : [],
            Models = [.. json.GetProperty("models").EnumerateArray().Select(m => Model(m, place))],
        };
    }

    private PriceModel Model(JsonElement json, string provider)
    {
        var id = json.GetProperty("id").GetString()!;
        var place = $"{provider}, model '{id}'";
        var prices = json.GetProperty("prices");
        ImmutableArray<ConditionalPrices> read = prices.ValueKind == JsonValueKind.Array
            ? [.. prices.EnumerateArray().Select(p => new ConditionalPrices(
                p.TryGetProperty("constraint", out var when) ? Constraint(when, place) : null, Prices(p.GetProperty("prices"), place)))]
            : [new(null, Prices(prices, place))];
        return new()
        {
            Id = id,
            Name = json.TryGetProperty("name", out var name) ? name.GetString() : null,
            ContextWindowTokens = json.TryGetProperty("context_window", out var window) ? window.GetInt64() : null,
            Deprecated = json.TryGetProperty("deprecated", out var deprecated) && deprecated.GetBoolean(),
            Match = json.TryGetProperty("match", out var match) ? MatchRuleReader.Rule(match, place) : new MatchRule.EqualTo(id),
            HasMatch = match.ValueKind != JsonValueKind.Undefined,
            Prices = read.IsEmpty ? throw new FormatException($"Price book: {place}: the list of prices is empty.") : read,
        };
    }

    private PriceSet Prices(JsonElement json, string place)
    {
        var rates = ImmutableSortedDictionary.CreateBuilder<string, PriceRate>(StringComparer.Ordinal);
        foreach (var field in json.EnumerateObject())
            if (UsageUnits.ByPriceField.TryGetValue(field.Name, out var unit))
                rates[field.Name] = PriceRateReader.Rate(field.Value, unit, $"{place}, field '{field.Name}'");
            else
                ignored.Add($"{place}, field '{field.Name}'");
        try
        {
            return PriceSet.Of(rates.ToImmutable());
        }
        catch (FormatException e)
        {
            throw new FormatException($"Price book: {place}: {e.Message}", e);
        }
    }

    private static PriceConstraint Constraint(JsonElement json, string place)
    {
        if (json.TryGetProperty("start_date", out var date)
            && DateOnly.TryParseExact(date.GetString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var from))
            return new PriceConstraint.FromDate(from);
        if (json.TryGetProperty("start_time", out var start) && json.TryGetProperty("end_time", out var end)
            && UtcTime(start.GetString()!) is { } startUtc && UtcTime(end.GetString()!) is { } endUtc)
            return new PriceConstraint.TimeOfDay(startUtc, endUtc);
        throw new FormatException($"Price book: {place}: '{json.GetRawText()}' is neither a start date nor a time of day.");
    }

    // "16:30:00Z", "00:30:00+08:00".
    private static TimeOnly? UtcTime(string text) =>
        DateTimeOffset.TryParseExact($"2000-01-02T{text}", ["yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK"],
            CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? TimeOnly.FromDateTime(time.UtcDateTime)
            : null;

    private UsageExtractor Extractor(JsonElement json, string place)
    {
        var flavor = json.GetProperty("api_flavor").GetString()!;
        var mappings = ImmutableArray.CreateBuilder<UsageMapping>();
        foreach (var mapping in json.GetProperty("mappings").EnumerateArray())
        {
            var dest = mapping.GetProperty("dest").GetString()!;
            if (UsageUnits.ByKey.TryGetValue(dest, out var unit) && unit.Index != (int)UsageClass.Requests)
                mappings.Add(new(Path(mapping.GetProperty("path"), place), unit, mapping.GetProperty("required").GetBoolean()));
            else
                ignored.Add($"{place}, extractor '{flavor}', dest '{dest}'");
        }
        return new(flavor, Path(json.GetProperty("root"), place), Path(json.GetProperty("model_path"), place), mappings.ToImmutable());
    }

    private static BodyPath Path(JsonElement json, string place) =>
        json.ValueKind == JsonValueKind.String
            ? new([new BodyPath.Member(json.GetString()!)])
            : new([.. json.EnumerateArray().Select(step => step.ValueKind == JsonValueKind.String
                ? (BodyPath.Step)new BodyPath.Member(step.GetString()!)
                : new BodyPath.ItemWhere(step.GetProperty("field").GetString()!, MatchRuleReader.Rule(step.GetProperty("match"), place)))]);
}
