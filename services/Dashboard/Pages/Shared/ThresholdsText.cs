using System.Globalization;

namespace TokenSense.Dashboard.Pages.Shared;

/// <summary>Percentages as people type them: <c>50, 80 %, 100</c>.</summary>
public static class ThresholdsText
{
    private const int PercentMax = 1_000;
    private static readonly char[] Between = [',', ';', ' ', '%'];

    /// <param name="text">Of a form.</param>
    /// <param name="countMax">How many there may be.</param>
    /// <param name="percents">Ascending, each once; empty where nothing was typed.</param>
    /// <param name="wrong">What to do about it; empty where they were read.</param>
    public static bool TryRead(string? text, int countMax, out IReadOnlyList<int> percents, out string wrong)
    {
        (percents, wrong) = ([], "");
        var read = new SortedSet<int>();
        foreach (var part in (text ?? "").Split(Between, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent is >= 1 and <= PercentMax) read.Add(percent);
            else wrong = $"Write whole percentages from 1 to {PercentMax.ToString("#,0", CultureInfo.InvariantCulture)}, like 80, 100";
        }
        if (wrong.Length == 0 && read.Count > countMax) wrong = $"At most {countMax}";
        if (wrong.Length == 0) percents = [.. read];
        return wrong.Length == 0;
    }

    public static string Of(IEnumerable<int> percents) => string.Join(", ", percents.Select(p => p.ToString(CultureInfo.InvariantCulture)));
}
