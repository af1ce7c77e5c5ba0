using System.Globalization;
using TokenSense.Dashboard.Client;
using TokenSense.Dashboard.Pages.Shared;

namespace TokenSense.Dashboard.Pages.Settings;

/// <summary>Prices of the book in words and columns.</summary>
public static class PriceTable
{
    public const string Input = "input_tokens", Output = "output_tokens", Cached = "cache_read_tokens";
    private static readonly string[] Columns = [Input, Output, Cached];

    /// <summary>Those in force; the first where none says so.</summary>
    public static DatedPricesModel InForce(ModelPricesModel model) => model.Prices.FirstOrDefault(p => p.Now) ?? model.Prices[0];

    public static RateModel? Rate(ModelPricesModel model, string @class) => InForce(model).Rates.FirstOrDefault(r => r.Class == @class);

    /// <summary>Whether there is more to say than the columns do.</summary>
    public static bool HasMore(ModelPricesModel model) =>
        model.Prices.Count > 1 || InForce(model).Rates.Any(r => r.Tiers.Count > 0 || !Columns.Contains(r.Class));

    /// <summary><c>cache_read_tokens</c> as Cached input.</summary>
    public static string Name(string @class) => @class switch
    {
        Input => "Input", Output => "Output", Cached => "Cached input", "cache_write_tokens" => "Cache write", "cache_write_1h_tokens" => "Cache write, 1 hour", "cache_write_5m_tokens" => "Cache write, 5 minutes",
        _ when @class.EndsWith("_tokens", StringComparison.Ordinal) => Sentence(@class[..^"_tokens".Length]),
        _ => Sentence(@class),
    };

    /// <summary>What it is the price of: <c>per 1M</c>.</summary>
    public static string Per(RateModel rate) => (rate.Class.EndsWith("_tokens", StringComparison.Ordinal), rate.Per) switch
    {
        (true, 1_000_000) => "per 1M tokens",
        (_, 3_600) => "per hour",
        var (_, per) => $"per {Show.Count(per)}",
    };

    /// <summary>When prices count, in words.</summary>
    public static string When(DatedPricesModel prices) => prices switch
    {
        { From: { } from } => $"From {from.ToString("d MMM yyyy", CultureInfo.InvariantCulture)} (UTC)",
        { Daily: { } daily } => $"Each day {daily.Start.ToString("HH:mm", CultureInfo.InvariantCulture)}–{daily.End.ToString("HH:mm", CultureInfo.InvariantCulture)} UTC",
        _ => "Otherwise",
    };

    private static string Sentence(string words) => char.ToUpperInvariant(words[0]) + words[1..].Replace('_', ' ');
}
