using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace TokenSense.Pricing;

/// <summary>Prices that somebody sets for themselves, in the price book's schema: a list of providers with <c>id</c>, <c>name</c> (of one that the book
/// does not know) and <c>models</c>, each with <c>id</c>, <c>match</c> and <c>prices</c>.</summary>
/// <remarks>
/// A model without <c>match</c> takes the calls of the book's model of this id, by whatever name; of another id those that name it so. They come from
/// strangers, so they are taken by <see cref="Accept"/>, which bounds them, and kept as it returns them.
/// </remarks>
public static partial class OwnPrices
{
    /// <summary>Of all providers together.</summary>
    public const int ModelsMax = 200;
    /// <summary>Of the JSON that is kept.</summary>
    public const int BytesMax = 128 * 1024;
    private const int NameLengthMax = 256;
    private const int RulesMax = 20;
    private const int RuleDepthMax = 3;
    private const int PricesMax = 20;

    /// <summary>Checks what a stranger gave, and writes it anew: what it means and nothing else.</summary>
    /// <param name="providers">As given.</param>
    /// <param name="book">Before whose prices they go.</param>
    /// <exception cref="FormatException">Not in the schema, an unknown member, beyond a limit, or not what it seems to be in that book. The message names provider, model and field.</exception>
    public static JsonElement Accept(JsonElement providers, PriceBook book)
    {
        var written = new ArrayBufferWriter<byte>();
        try
        {
            using var json = new Utf8JsonWriter(written);
            json.WriteStartArray();
            var models = 0;
            foreach (var provider in Items(providers, "the list of providers")) Provider(json, provider, ref models);
            json.WriteEndArray();
        }
        catch (InvalidOperationException e)
        {
            // Half of a surrogate pair, in a name of a member.
            throw new FormatException("all text must be valid Unicode.", e);
        }
        if (written.WrittenCount > BytesMax) throw new FormatException($"The prices are larger than {BytesMax} bytes.");
        var reader = new Utf8JsonReader(written.WrittenSpan);
        var accepted = JsonElement.ParseValue(ref reader);
        return book.Misunderstanding(Read(accepted)) is { } problem ? throw new FormatException(problem) : accepted;
    }

    /// <summary>Reads what <see cref="Accept"/> returned.</summary>
    /// <exception cref="FormatException">A price is negative, too large or too fine, or needs another that is not there.</exception>
    public static ImmutableArray<PriceProvider> Read(JsonElement accepted)
    {
        try
        {
            return new PriceBookReader().Book(accepted).Providers;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentException)
        {
            throw new FormatException($"The prices are not in the schema of genai-prices: {e.Message}", e);
        }
    }

    private static void Provider(Utf8JsonWriter json, JsonElement provider, ref int models)
    {
        var id = Text(provider, "id", "a provider");
        var place = $"provider '{id}'";
        if (!ProviderId().IsMatch(id)) throw new FormatException($"{place}: an id has lower-case letters, digits, hyphens, underscores and dots.");
        Only(provider, place, "id", "name", "models");
        json.WriteStartObject();
        json.WriteString("id", id);
        if (provider.TryGetProperty("name", out _)) json.WriteString("name", Text(provider, "name", place));
        json.WriteStartArray("models");
        var ids = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var model in Items(Member(provider, "models", place), $"{place}: models"))
        {
            if (++models > ModelsMax) throw new FormatException($"There are more than {ModelsMax} models.");
            Model(json, model, place, ids);
        }
        if (ids.Count == 0) throw new FormatException($"{place} has no models.");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Model(Utf8JsonWriter json, JsonElement model, string provider, HashSet<string> ids)
    {
        var id = Text(model, "id", $"a model of {provider}");
        var place = $"{provider}, model '{id}'";
        if (!ids.Add(id)) throw new FormatException($"{place} is there twice.");
        Only(model, place, "id", "match", "prices");
        json.WriteStartObject();
        json.WriteString("id", id);
        if (model.TryGetProperty("match", out var match))
        {
            json.WritePropertyName("match");
            var rules = 0;
            Rule(json, match, $"{place}: match", 1, ref rules);
        }
        json.WritePropertyName("prices");
        var prices = Member(model, "prices", place);
        if (prices.ValueKind == JsonValueKind.Array)
        {
            json.WriteStartArray();
            var count = 0;
            foreach (var dated in Items(prices, $"{place}: prices"))
            {
                if (++count > PricesMax) throw new FormatException($"{place} has more than {PricesMax} prices.");
                Dated(json, dated, place);
            }
            json.WriteEndArray();
        }
        else Rates(json, prices, place);
        json.WriteEndObject();
    }

    private static void Dated(Utf8JsonWriter json, JsonElement dated, string place)
    {
        Only(dated, $"{place}: prices", "constraint", "prices");
        json.WriteStartObject();
        if (dated.TryGetProperty("constraint", out var when))
        {
            Only(when, $"{place}: constraint", "type", "start_date", "start_time", "end_time");
            json.WriteStartObject("constraint");
            foreach (var field in (ReadOnlySpan<string>)["type", "start_date", "start_time", "end_time"])
                if (when.TryGetProperty(field, out _)) json.WriteString(field, Text(when, field, $"{place}: constraint"));
            json.WriteEndObject();
        }
        json.WritePropertyName("prices");
        Rates(json, Member(dated, "prices", place), place);
        json.WriteEndObject();
    }

    private static void Rates(Utf8JsonWriter json, JsonElement rates, string place)
    {
        if (rates.ValueKind != JsonValueKind.Object) throw new FormatException($"{place}: prices must be an object, or a list of such with dates.");
        json.WriteStartObject();
        var fields = new HashSet<string>();
        foreach (var rate in rates.EnumerateObject())
        {
            if (!fields.Add(rate.Name)) throw new FormatException($"{place}: '{rate.Name}' is there twice.");
            if (!UsageUnits.ByPriceField.ContainsKey(rate.Name)) throw new FormatException($"{place}: '{rate.Name}' is no price that is known.");
            var at = $"{place}, field '{rate.Name}'";
            json.WritePropertyName(rate.Name);
            if (rate.Value.ValueKind != JsonValueKind.Object)
            {
                json.WriteNumberValue(Number(rate.Value, at));
                continue;
            }
            Only(rate.Value, at, "base", "tiers");
            json.WriteStartObject();
            json.WriteNumber("base", Number(Member(rate.Value, "base", at), at));
            json.WriteStartArray("tiers");
            foreach (var tier in Items(Member(rate.Value, "tiers", at), $"{at}: tiers").Take(PricesMax + 1).Index())
            {
                if (tier.Index == PricesMax) throw new FormatException($"{at} has more than {PricesMax} tiers.");
                Only(tier.Item, at, "start", "price");
                json.WriteStartObject();
                json.WriteNumber("start", Number(Member(tier.Item, "start", at), at));
                json.WriteNumber("price", Number(Member(tier.Item, "price", at), at));
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        if (fields.Count == 0) throw new FormatException($"{place} has no price.");
        json.WriteEndObject();
    }

    private static void Rule(Utf8JsonWriter json, JsonElement rule, string place, int depth, ref int rules)
    {
        if (rule.ValueKind != JsonValueKind.Object || rule.EnumerateObject().Take(2).ToList() is not [var only]) throw new FormatException($"{place} must have one rule.");
        if (++rules > RulesMax || depth > RuleDepthMax) throw new FormatException($"{place} has more than {RulesMax} rules, or rules in rules in rules.");
        json.WriteStartObject();
        switch (only.Name)
        {
            case "equals" or "starts_with" or "ends_with" or "contains": json.WriteString(only.Name, Text(rule, only.Name, place)); break;
            case "or" or "and":
                if (only.Value.ValueKind == JsonValueKind.Array && only.Value.GetArrayLength() == 0) throw new FormatException($"{place}: '{only.Name}' has no rules.");
                json.WriteStartArray(only.Name);
                foreach (var each in Items(only.Value, place)) Rule(json, each, place, depth + 1, ref rules);
                json.WriteEndArray();
                break;
            // A pattern could take long, at every gateway.
            default: throw new FormatException($"{place}: '{only.Name}' is no rule here: equals, starts_with, ends_with, contains, or, and.");
        }
        json.WriteEndObject();
    }

    private static void Only(JsonElement json, string place, params ReadOnlySpan<string> known)
    {
        if (json.ValueKind != JsonValueKind.Object) throw new FormatException($"{place} must be an object.");
        foreach (var field in json.EnumerateObject())
            if (!known.Contains(field.Name)) throw new FormatException($"{place}: '{field.Name}' cannot be set.");
    }

    private static IEnumerable<JsonElement> Items(JsonElement json, string place) =>
        json.ValueKind == JsonValueKind.Array ? json.EnumerateArray() : throw new FormatException($"{place} must be a list.");

    private static JsonElement Member(JsonElement json, string field, string place) =>
        json.TryGetProperty(field, out var value) ? value : throw new FormatException($"{place} has no {field}.");

    private static decimal Number(JsonElement json, string place) =>
        json.ValueKind == JsonValueKind.Number && Decimal().IsMatch(json.GetRawText()) ? decimal.Parse(json.GetRawText(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture)
            : throw new FormatException($"{place} must be a number, 0 or more, of at most 12 digits before and 12 after the point.");

    private static string Text(JsonElement json, string field, string place)
    {
        if (json.ValueKind != JsonValueKind.Object) throw new FormatException($"{place} must be an object.");
        if (Member(json, field, place) is not { ValueKind: JsonValueKind.String } value) throw new FormatException($"{place}: {field} must be a string.");
        try
        {
            return value.GetString() is { Length: > 0 and <= NameLengthMax } name && !name.Any(char.IsControl) && name.Trim() == name ? name
                : throw new FormatException($"{place}: {field} must have 1 to {NameLengthMax} characters, none of them a control character, and no spaces around.");
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            throw new FormatException($"{place}: {field} must be valid Unicode.");
        }
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9._-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex ProviderId();

    [GeneratedRegex("^[0-9]{1,12}([.][0-9]{1,12})?$", RegexOptions.CultureInvariant)]
    private static partial Regex Decimal();
}
