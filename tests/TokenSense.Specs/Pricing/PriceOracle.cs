using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TokenSense.Specs.Pricing;

/// <summary>A second reckoning over the book's JSON, in whole 10^-12 USD, that shares no code with the first and goes the other way.</summary>
/// <remarks>
/// The library takes the finer classes out of the coarser ones and charges what is left. Here every count is charged, at the difference
/// that its class makes to the price of the classes around it: both come to the same only if each token is paid once, in its finest class.
/// Tokens, searches and requests only: no excerpt has seconds or pages.
/// </remarks>
internal sealed class PriceOracle(JsonNode book)
{
    private readonly Dictionary<string, JsonNode> providers = book["providers"]!.AsArray().ToDictionary(p => (string)p!["id"]!, p => p!);

    public IEnumerable<(string Provider, string Flavor, JsonNode Extractor)> Extractors() =>
        from provider in providers
        from extractor in provider.Value["extractors"]?.AsArray() ?? []
        select (provider.Key, (string)extractor!["api_flavor"]!, extractor);

    /// <summary>Counts by class and the model; null where a required count or all of them are missing.</summary>
    public static (SortedDictionary<string, long> Counts, string? Model)? Extract(JsonNode extractor, JsonNode body)
    {
        if (At(body, extractor["root"]!) is not JsonObject root) return null;
        var counts = new SortedDictionary<string, long>();
        foreach (var mapping in extractor["mappings"]!.AsArray())
        {
            var found = At(root, mapping!["path"]!);
            if (found?.GetValueKind() == System.Text.Json.JsonValueKind.Number)
                counts[(string)mapping["dest"]!] = counts.GetValueOrDefault((string)mapping["dest"]!) + (long)found;
            else if ((bool)mapping["required"]!)
                return null;
        }
        var model = At(body, extractor["model_path"]!);
        return counts.Count == 0 ? null : (counts, model?.GetValueKind() == System.Text.Json.JsonValueKind.String ? (string?)model : null);
    }

    /// <summary>What counts cost in 10^-12 USD; null where the model or the price of a class is unknown.</summary>
    public BigInteger? Cost(string provider, string model, IReadOnlyDictionary<string, long> counts, DateTime utc)
    {
        var name = model.Trim().ToLowerInvariant();
        var dashed = Regex.Replace(name, "-(20[0-9]{2})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])(?=-|:|$)", "-$1-$2-$3");
        if ((Model(provider, name) ?? Model(provider, dashed)) is not { } found) return null;
        var rates = PricesAt(found["prices"]!, utc)
            .ToDictionary(p => p.Key, p => UnitPrice(p.Key, p.Value!, counts.GetValueOrDefault("input_tokens")));

        var used = counts.Where(c => c.Value > 0).Select(c => (Traits: Traits(c.Key), c.Value)).Append((Traits("requests"), 1)).ToList();
        var rated = rates.Select(r => (Traits: Traits(r.Key), r.Value)).OrderBy(r => r.Traits.Count).ToList();
        if (used.Any(u => !u.Traits.Contains("requests") && !rated.Any(r => r.Traits.IsSubsetOf(u.Traits)))) return null;

        var cost = BigInteger.Zero;
        var differences = new List<(HashSet<string> Traits, BigInteger Usd)>();
        foreach (var (traits, usd) in rated)
        {
            var around = differences.Where(d => d.Traits.IsProperSubsetOf(traits));
            var difference = around.Aggregate(usd, (left, outer) => left - outer.Usd);
            differences.Add((traits, difference));
            cost += difference * used.Where(u => u.Traits.SetEquals(traits)).Sum(u => u.Value);
        }
        return cost;
    }

    // What a class or a price is of, by its name: cache_write_5m_tokens and cache_write_5m_mtok are {input, cached, written, 5m}.
    private static HashSet<string> Traits(string name)
    {
        if (!name.EndsWith("_tokens") && !name.EndsWith("_mtok")) return [name.Replace("_kcount", "")];
        HashSet<string> traits = [.. name.Split('_')[..^1]];
        if (traits.Contains("cache")) traits.Add("input");
        return traits;
    }

    private static BigInteger UnitPrice(string field, JsonNode price, long inputTokens)
    {
        if (price is JsonObject)
        {
            var passed = price["tiers"]!.AsArray().Where(t => inputTokens > (long)t!["start"]!).MaxBy(t => (long)t!["start"]!);
            price = passed?["price"] ?? price["base"]!;
        }
        var units = field.EndsWith("_mtok") ? 1_000_000 : field.EndsWith("_kcount") ? 1_000 : throw new NotSupportedException(field);
        var scaled = decimal.Parse(price.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture) * (1_000_000_000_000m / units);
        return decimal.IsInteger(scaled) ? new BigInteger(scaled) : throw new NotSupportedException($"{field} {price} is finer than 10^-12");
    }

    private static JsonObject PricesAt(JsonNode prices, DateTime utc) =>
        prices is JsonArray list
            ? ((list.LastOrDefault(p => Holds(p!["constraint"], utc)) ?? list[0])!["prices"]!).AsObject()
            : prices.AsObject();

    private static bool Holds(JsonNode? constraint, DateTime utc)
    {
        if (constraint is null) return true;
        if ((string?)constraint["start_date"] is { } date) return string.CompareOrdinal(utc.ToString("yyyy-MM-dd"), date) >= 0;
        // The book's times are all UTC: "16:30:00Z".
        var (now, start, end) = (utc.ToString("HH:mm:ss") + "Z", (string)constraint["start_time"]!, (string)constraint["end_time"]!);
        var (begun, over) = (string.CompareOrdinal(now, start) >= 0, string.CompareOrdinal(now, end) >= 0);
        return string.CompareOrdinal(end, start) < 0 ? begun || !over : begun && !over;
    }

    private JsonNode? Model(string provider, string name) =>
        new[] { provider }.Concat(providers[provider]["fallback_model_providers"]?.AsArray().Select(p => (string)p!) ?? [])
            .SelectMany(p => providers[p]["models"]!.AsArray())
            .FirstOrDefault(m => Matches(m!["match"]!.AsObject(), name));

    private static bool Matches(JsonObject rule, string text)
    {
        var (kind, value) = rule.Single();
        return kind switch
        {
            "or" => value!.AsArray().Any(r => Matches(r!.AsObject(), text)),
            "and" => value!.AsArray().All(r => Matches(r!.AsObject(), text)),
            "equals" => text == Lower(value),
            "starts_with" => text.StartsWith(Lower(value), StringComparison.Ordinal),
            "ends_with" => text.EndsWith(Lower(value), StringComparison.Ordinal),
            "contains" => text.Contains(Lower(value), StringComparison.Ordinal),
            "regex" => Regex.IsMatch(text, (string)value!),
            _ => throw new NotSupportedException(kind),
        };

        static string Lower(JsonNode? text) => ((string)text!).ToLowerInvariant();
    }

    private static JsonNode? At(JsonNode from, JsonNode path)
    {
        JsonNode? here = from;
        foreach (var step in path as IEnumerable<JsonNode?> ?? [path])
            here = step is JsonObject item
                ? (here as JsonArray)?.FirstOrDefault(i => (string?)i![(string)item["field"]!] is { } text
                    && Matches(item["match"]!.AsObject(), text.ToLowerInvariant()))
                : here is JsonObject members ? members[(string)step!] : null;
        return here;
    }
}
