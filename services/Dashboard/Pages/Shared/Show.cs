using System.Globalization;

namespace TokenSense.Dashboard.Pages.Shared;

/// <summary>How figures and times are written for people.</summary>
public static class Show
{
    private static readonly CultureInfo English = CultureInfo.InvariantCulture;

    /// <summary>Two decimals, more where there would be nothing left: $1,234.50, $0.0042.</summary>
    public static string Money(decimal? usd)
    {
        if (usd is not { } amount) return "–";
        var size = Math.Abs(amount);
        if (size is > 0 and < 0.01m)
        {
            var decimals = 2;
            while (decimals < 12 && decimal.Round(size, decimals) == 0) decimals++;
            return Signed(amount, decimal.Round(size, Math.Min(decimals + 1, 12)).ToString("0.00##########", English));
        }
        return Signed(amount, decimal.Round(size, 2, MidpointRounding.AwayFromZero).ToString("#,0.00", English));
    }

    /// <summary>Every digit, two decimals at least: $2.50, $0.075.</summary>
    public static string Price(decimal usd) => Signed(usd, Math.Abs(usd).ToString("#,0.00##########", English));

    /// <summary>Every digit, and the currency.</summary>
    public static string Exact(decimal usd) => $"{usd.ToString("0.############################", English)} USD";

    public static string Count(long number) => number.ToString("#,0", English);

    /// <summary>Whole, and never 100 before it is reached.</summary>
    public static string Percent(decimal? percent) => percent is { } p ? $"{decimal.Truncate(p).ToString("#,0", English)} %" : "–";

    public static string Day(DateTimeOffset at, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(at, zone).ToString("d MMM yyyy", English);
    public static string Time(DateTimeOffset at, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(at, zone).ToString("d MMM yyyy, HH:mm", English);
    public static string Whole(DateTimeOffset at, TimeZoneInfo zone) => $"{TimeZoneInfo.ConvertTime(at, zone).ToString("yyyy-MM-dd HH:mm:ss zzz", English)} ({zone.Id})";

    /// <summary><c>2026-11</c> as November 2026.</summary>
    public static string Month(string period) => DateOnly.ParseExact(period + "-01", "yyyy-MM-dd", English).ToString("MMMM yyyy", English);

    /// <summary>The days of a range, and whose they are.</summary>
    public static string Days((DateOnly First, DateOnly Last) days, TimeZoneInfo zone)
    {
        var (first, last) = days;
        var text = first == last ? last.ToString("d MMMM yyyy", English)
            : first.Year != last.Year ? $"{first.ToString("d MMM yyyy", English)} to {last.ToString("d MMM yyyy", English)}"
            : first.Month != last.Month ? $"{first.ToString("d MMM", English)} to {last.ToString("d MMM yyyy", English)}"
            : $"{first.Day} to {last.ToString("d MMMM yyyy", English)}";
        return $"{text}, in {zone.Id}";
    }

    private static string Signed(decimal amount, string text) => amount < 0 ? $"−${text}" : $"${text}";
}
