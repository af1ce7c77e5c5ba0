using System.Globalization;
using TokenSense.Dashboard.Client;

namespace TokenSense.Dashboard.Pages.Usage;

/// <summary>Says why a call cost what it cost.</summary>
public static class CostWords
{
    public static string Short(UsageDetailModel usage) => usage.CostFrom switch
    {
        "price_book" => "from the price book",
        "reported" => "as the gateway reported it",
        _ => "",
    };

    public static string Why(UsageDetailModel usage) => usage switch
    {
        { Price: { } price } =>
            $"The price of {price.ModelId} at {price.ProviderId}{(price.ValidFrom is { } from ? $", valid from {from.ToString("d MMMM yyyy", CultureInfo.InvariantCulture)}" : "")}, in the price book {price.BookVersion}."
            + (price.ModelId == usage.Model ? "" : $" The call named the model {usage.Model}, which this price is for."),
        { CostFrom: "reported" } => $"{Reason(usage)} The cost that the gateway reported counts.".TrimStart(),
        _ => $"{Reason(usage)} It is in no total yet, and counts as soon as there is a price.",
    };

    /// <summary><c>cache_read_tokens</c> as Cache read.</summary>
    public static string Class(string name)
    {
        var words = name.EndsWith("_tokens", StringComparison.Ordinal) ? name[..^"_tokens".Length] : name;
        return words.Length == 0 ? name : char.ToUpperInvariant(words[0]) + words[1..].Replace('_', ' ');
    }

    /// <summary>All of them, and none behind the last that counts.</summary>
    public static string Digits(decimal usd) => usd.ToString("#,0.############################", CultureInfo.InvariantCulture);

    private static string Reason(UsageDetailModel usage) => usage.UnpricedReason ?? (usage.CostFrom == "reported" ? "" : "There is no price for it.");
}
