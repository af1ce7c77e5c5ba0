using System.Collections.Immutable;
using System.Text.Json;

namespace TokenSense.Pricing;

internal static class PriceRateReader
{
    private const decimal UsdMax = 1_000_000;
    // What a decimal holds without rounding.
    private const int LiteralLengthMax = 28;

    public static PriceRate Rate(JsonElement json, UsageUnit unit, string place)
    {
        if (json.ValueKind != JsonValueKind.Object) return new(Usd(json, unit, place), [], unit.UnitsPerPrice);
        ImmutableArray<PriceTier> tiers =
        [
            .. json.GetProperty("tiers").EnumerateArray()
                .Select(t => new PriceTier(Start(t.GetProperty("start"), place), Usd(t.GetProperty("price"), unit, place)))
                .OrderBy(t => t.Start),
        ];
        return new(Usd(json.GetProperty("base"), unit, place), tiers, unit.UnitsPerPrice);
    }

    private static long Start(JsonElement json, string place) =>
        json.ValueKind == JsonValueKind.Number && json.TryGetInt64(out var start) && start >= 0
            ? start
            : throw new FormatException($"Price book: {place}: {json.GetRawText()} starts no tier; it must be a whole number, 0 or more.");

    private static decimal Usd(JsonElement json, UsageUnit unit, string place)
    {
        var text = json.GetRawText();
        if (json.ValueKind != JsonValueKind.Number || !json.TryGetDecimal(out var usd) || usd is < 0 or > UsdMax)
            throw new FormatException($"Price book: {place}: {text} is no price; it must be a number between 0 and {UsdMax} USD.");
        if (text.Length > LiteralLengthMax || Decimals(usd) + Zeros(unit.UnitsPerPrice) > 12)
            throw new FormatException($"Price book: {place}: {text} per {unit.UnitsPerPrice} has more than 12 decimals per unit.");
        return usd;
    }

    private static int Decimals(decimal value)
    {
        var decimals = 0;
        for (; !decimal.IsInteger(value); value *= 10) decimals++;
        return decimals;
    }

    // An hour has 3,600 seconds: no power of ten, so its price keeps all 12 decimals.
    private static int Zeros(int unitsPerPrice) => unitsPerPrice == 3600 ? 0 : (int)Math.Log10(unitsPerPrice);
}
