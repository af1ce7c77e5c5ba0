using System.Text.Json;
using System.Text.Json.Nodes;
using static TokenSense.Metering.Prices.PricesEvent;

namespace TokenSense.Metering.Prices;

/// <param name="Providers">As <see cref="Pricing.OwnPrices"/> reads them.</param>
public sealed record SetPrices(JsonElement Providers, DateTimeOffset At);

// Events are the stored format: members are added, never renamed or removed.
public abstract record PricesEvent
{
    public sealed record PricesSet(Guid WorkspaceId, JsonElement Providers, long Revision, DateTimeOffset At) : PricesEvent;
}

/// <summary>The prices that a workspace set for itself (product decision 12): the stream <c>prices-{workspace}</c>, folded.</summary>
public sealed record WorkspacePrices(Guid WorkspaceId, JsonElement Providers, long Revision)
{
    private static readonly JsonElement Nothing = JsonSerializer.SerializeToElement(Array.Empty<object>());

    public static WorkspacePrices None(Guid workspaceId) => new(workspaceId, Nothing, 0);

    public string Stream => $"prices-{WorkspaceId}";

    public static IEnumerable<PricesEvent> Decide(SetPrices c, WorkspacePrices prices) =>
        JsonElement.DeepEquals(c.Providers, prices.Providers) ? [] : [new PricesSet(prices.WorkspaceId, c.Providers, prices.Revision + 1, c.At)];

    public static WorkspacePrices Evolve(WorkspacePrices prices, PricesEvent happened) => happened switch
    {
        PricesSet e => prices with { Providers = e.Providers, Revision = e.Revision },
        _ => throw new InvalidOperationException($"WorkspacePrices cannot fold {happened.GetType().Name}."),
    };

    /// <summary>What it says of each model, by provider and model.</summary>
    public JsonObject ByModel()
    {
        var models = new JsonObject();
        foreach (var provider in Providers.EnumerateArray())
            foreach (var model in provider.GetProperty("models").EnumerateArray())
                models[$"{provider.GetProperty("id").GetString()}/{model.GetProperty("id").GetString()}"] = JsonNode.Parse(model.GetRawText());
        return models;
    }
}
