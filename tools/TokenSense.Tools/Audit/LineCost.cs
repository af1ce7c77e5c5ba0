using System.Text.Json;

namespace TokenSense.Tools.Audit;

/// <summary>What a recorded line must cost, from the rates that it carries.</summary>
public static class LineCost
{
    // Seconds are priced by the hour: a third of a cent per second has no end, so the book rounds such a part to 12 decimals.
    private const int SecondsDecimals = 12;
    private const decimal SecondsTolerance = 0.000000000001m;

    /// <returns>The cost, null for an unpriced line, and by how much it may differ (only where seconds were priced).</returns>
    public static (decimal? CostUsd, decimal ToleranceUsd) Of(JsonElement line)
    {
        var price = line.GetProperty("price");
        // Without a price of the book, what the gateway reported counts; without that, nothing is known.
        if (price.ValueKind is JsonValueKind.Null) return (line.GetProperty("reportedCostUsd").AsDecimal(), 0);
        var (cost, tolerance) = (0m, 0m);
        foreach (var rate in price.GetProperty("rates").EnumerateArray())
        {
            var part = rate.GetProperty("units").GetInt64() * rate.GetProperty("usdPerUnit").GetDecimal();
            var isSeconds = rate.GetProperty("class").GetString()!.EndsWith("_seconds", StringComparison.Ordinal);
            cost += isSeconds ? decimal.Round(part, SecondsDecimals) : part;
            tolerance += isSeconds ? SecondsTolerance : 0;
        }
        return (cost, tolerance);
    }

    public static bool IsRight(JsonElement line)
    {
        var (expected, tolerance) = Of(line);
        var found = line.GetProperty("costUsd").AsDecimal();
        return expected is { } should && found is { } does ? Math.Abs(should - does) <= tolerance : expected == found;
    }
}
