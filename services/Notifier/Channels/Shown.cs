using System.Globalization;
using System.Text;

namespace TokenSense.Notifier.Channels;

/// <summary>How messages show names, money and times.</summary>
public static class Shown
{
    /// <summary>Whatever the name holds, it stays one line, of this length at most, and turns no text around it.</summary>
    public static string Line(string text, int lengthMax = 60)
    {
        var line = new StringBuilder();
        var rightToLeft = false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsDirectionMark(rune.Value)) continue;
            rightToLeft |= IsRightToLeft(rune.Value);
            var blank = Rune.IsWhiteSpace(rune) || Rune.IsControl(rune);
            if (!blank) line.Append(rune);
            else if (line.Length > 0 && line[^1] != ' ') line.Append(' ');
        }
        var shown = Cut(line.ToString().Trim(), lengthMax);
        // Isolated: else the figures after it are drawn before it.
        return rightToLeft ? $"\u2068{shown}\u2069" : shown;
    }

    public static string Name(string name) => $"“{Line(name)}”";

    /// <summary>All digits, at least two decimals.</summary>
    public static string Usd(decimal amount) =>
        (amount < 0 ? "-$" : "$") + Math.Abs(amount).ToString("#,##0.00##########################", CultureInfo.InvariantCulture);

    /// <summary><c>$5.080075 of $5.08 (100.0 %)</c>; no percent of nothing.</summary>
    public static string Spent(decimal spent, decimal budget)
    {
        var amounts = $"{Usd(spent)} of {Usd(budget)}";
        if (budget <= 0) return amounts;
        // Down: 100.0 is said only of what is reached.
        var percent = decimal.Floor(spent * 1_000 / budget) / 10;
        return string.Create(CultureInfo.InvariantCulture, $"{amounts} ({percent:#,##0.0} %)");
    }

    /// <summary><c>23 November 2026, 13:05:09 UTC+01:00 (Europe/Berlin)</c></summary>
    public static string Time(DateTimeOffset at, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(at, zone);
        var format = local.Second == 0 ? "d MMMM yyyy, HH:mm" : "d MMMM yyyy, HH:mm:ss";
        var offset = local.Offset == TimeSpan.Zero ? "UTC" : local.ToString("'UTC'zzz", CultureInfo.InvariantCulture);
        var name = zone.HasSameRules(TimeZoneInfo.Utc) ? "" : $" ({zone.Id})";
        return $"{local.ToString(format, CultureInfo.InvariantCulture)} {offset}{name}";
    }

    /// <summary><c>November 2026</c></summary>
    public static string Month(string period) =>
        DateOnly.ParseExact(period, "yyyy-MM", CultureInfo.InvariantCulture).ToString("MMMM yyyy", CultureInfo.InvariantCulture);

    private static string Cut(string text, int lengthMax)
    {
        var marks = new StringInfo(text);
        return marks.LengthInTextElements <= lengthMax ? text : $"{marks.SubstringByTextElements(0, lengthMax - 1).TrimEnd()}…";
    }

    // Those that override or embed a direction, and those that isolate, which are added here alone.
    private static bool IsDirectionMark(int c) => c is 0x061C or 0x200E or 0x200F or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);

    private static bool IsRightToLeft(int c) =>
        c is (>= 0x0590 and <= 0x08FF) or (>= 0xFB1D and <= 0xFDFF) or (>= 0xFE70 and <= 0xFEFF) or (>= 0x10800 and <= 0x10FFF) or (>= 0x1E800 and <= 0x1EFFF);
}
