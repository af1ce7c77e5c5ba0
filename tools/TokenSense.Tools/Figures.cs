using System.Globalization;

namespace TokenSense.Tools;

/// <summary>Figures as they are printed: counts in groups of three, money with every digit that counts.</summary>
public static class Figures
{
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    public static string Usd(decimal usd) => (usd < 0 ? "-$" : "$") + Math.Abs(usd).ToString("#,0.00##########################", CultureInfo.InvariantCulture);

    public static string Exact(decimal amount) => amount.ToString("0.############################", CultureInfo.InvariantCulture);

    public static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";
}
