using System.Globalization;

namespace TokenSense.Dashboard.Pages.Export;

/// <summary>What a file is to hold; the page's address says it.</summary>
/// <param name="Period"><c>yyyy-MM</c>; null: the current month.</param>
/// <param name="Project">An id, or <c>unassigned</c>; null: all.</param>
public sealed record ExportQuery(string? Period, string? Project, string Format, string Grain)
{
    public static readonly IReadOnlyList<(string Value, string Name)> Formats = [("csv", "CSV"), ("json", "JSON"), ("focus", "FOCUS 1.2")];

    public static readonly IReadOnlyList<(string Value, string Name)> Grains = [("model", "Project and model"), ("key", "Project, key and model"), ("day", "Project, day and model")];

    public static ExportQuery Read(string? period, string? project, string? format, string? grain) => new(
        DateOnly.TryParseExact(period + "-01", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) ? period : null,
        project == "unassigned" || Guid.TryParse(project, out _) ? project : null,
        Formats.Any(f => f.Value == format) ? format! : Formats[0].Value, Grains.Any(g => g.Value == grain) ? grain! : Grains[0].Value);

    public string Address(string page) => Path($"{page}/export", Format);

    /// <summary>Where the file is.</summary>
    public string File(string page) => Path($"{page}/export/file", Format);

    /// <summary>For the management API.</summary>
    public string Asked(string workspace, string format) => Path($"{workspace}/export", format);

    /// <summary>Those that may have usage: from three months before the workspace was made, as late reports may be as old, to the current one.</summary>
    public static IReadOnlyList<string> Months(DateOnly made, DateOnly today)
    {
        var (month, first) = (new DateOnly(today.Year, today.Month, 1), new DateOnly(made.Year, made.Month, 1).AddMonths(-3));
        var months = new List<string>();
        for (; month >= first; month = month.AddMonths(-1)) months.Add(month.ToString("yyyy-MM", CultureInfo.InvariantCulture));
        return months;
    }

    private string Path(string at, string format)
    {
        var parts = new[] { ("period", Period), ("project", Project), ("format", format), ("grain", Grain) };
        return $"{at}?{string.Join('&', parts.Where(p => p.Item2 is not null).Select(p => $"{p.Item1}={Uri.EscapeDataString(p.Item2!)}"))}";
    }
}
