using System.Text.Json;
using System.Text.Json.Nodes;

namespace TokenSense.Dashboard.Pages.Settings;

/// <summary>One price that a workspace set for itself: a model of a provider.</summary>
/// <param name="Body">As the API has it, in the price book's schema.</param>
public sealed record OwnPrice(string Provider, string Model, JsonElement Body)
{
    /// <summary>Those that the form has, by the book's field: USD for 1 million tokens.</summary>
    public static readonly IReadOnlyList<(string Field, string Label)> Rates =
        [("input_mtok", "Input"), ("cache_read_mtok", "Cached input"), ("cache_write_mtok", "Cache write"), ("output_mtok", "Output")];

    public decimal? Usd(string field) =>
        Body.GetProperty("prices") is { ValueKind: JsonValueKind.Object } prices && prices.TryGetProperty(field, out var usd) && usd.ValueKind == JsonValueKind.Number ? usd.GetDecimal() : null;

    /// <summary>Whether the form shows all of it; dates, tiers and rules are set through the API.</summary>
    public bool IsSimple =>
        Body.EnumerateObject().All(m => m.Name is "id" or "prices")
        && Body.GetProperty("prices") is { ValueKind: JsonValueKind.Object } prices
        && prices.EnumerateObject().All(p => p.Value.ValueKind == JsonValueKind.Number && Rates.Any(r => r.Field == p.Name));

    public static IReadOnlyList<OwnPrice> Of(JsonElement providers) =>
    [
        .. from provider in providers.EnumerateArray()
           from model in provider.GetProperty("models").EnumerateArray()
           let price = new OwnPrice(provider.GetProperty("id").GetString()!, model.GetProperty("id").GetString()!, model)
           orderby price.Provider, price.Model
           select price,
    ];

    /// <summary>The list with a price of these rates for the model, in the place of the one that it has.</summary>
    public static JsonArray With(JsonElement providers, string provider, string model, IReadOnlyDictionary<string, decimal> usd)
    {
        var list = Without(providers, provider, model);
        if (list.FirstOrDefault(p => (string?)p!["id"] == provider) is not { } held) list.Add(held = new JsonObject { ["id"] = provider, ["models"] = new JsonArray() });
        // First, so that no wider rule of the same list takes its calls.
        held["models"]!.AsArray().Insert(0, new JsonObject { ["id"] = model, ["prices"] = new JsonObject(usd.Select(r => KeyValuePair.Create(r.Key, (JsonNode?)JsonValue.Create(r.Value)))) });
        return list;
    }

    public static JsonArray Without(JsonElement providers, string provider, string model)
    {
        var list = JsonNode.Parse(providers.GetRawText())!.AsArray();
        if (list.FirstOrDefault(p => (string?)p!["id"] == provider) is not { } held) return list;
        var models = held["models"]!.AsArray();
        models.RemoveAll(m => (string?)m!["id"] == model);
        if (models.Count == 0) list.Remove(held);
        return list;
    }
}
