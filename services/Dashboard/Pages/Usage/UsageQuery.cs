using System.Globalization;

namespace TokenSense.Dashboard.Pages.Usage;

/// <summary>What a usage page shows. All of it is in the page's address, so that it can be sent to somebody and survives reload and back.</summary>
/// <param name="Range">One of <see cref="Ranges"/>.</param>
/// <param name="From">As typed; of a custom range.</param>
/// <param name="By">One of <see cref="Groupings"/>.</param>
/// <param name="Project">An id, or <c>unassigned</c>.</param>
/// <param name="View">One of <see cref="Views"/>.</param>
public sealed record UsageQuery(string Range, string? From, string? To, string By, string? Project, Guid? Key, string? Model, string View)
{
    public const string ThisMonth = "month", LastMonth = "last-month", Week = "7d", ThirtyDays = "30d", Custom = "custom";
    public const string Day = "day", ByProject = "project", ByKey = "key", ByModel = "model";
    public const string Totals = "totals", Calls = "calls", Kept = "kept";
    public const string Unassigned = "unassigned";
    public const int DaysMax = 366;

    public static readonly IReadOnlyList<(string Value, string Name)> Ranges =
        [(ThisMonth, "This month"), (LastMonth, "Last month"), (Week, "Last 7 days"), (ThirtyDays, "Last 30 days"), (Custom, "From … to …")];

    public static readonly IReadOnlyList<(string Value, string Name)> Groupings = [(Day, "Day"), (ByProject, "Project"), (ByKey, "Key"), (ByModel, "Model")];

    public static readonly IReadOnlyList<(string Value, string Name)> Views = [(Totals, "Totals"), (Calls, "Calls"), (Kept, "Kept aside")];

    /// <summary>From an address; what makes no sense in it counts as left out.</summary>
    public static UsageQuery Read(string? range, string? from, string? to, string? by, string? project, string? key, string? model, string? view) => new(
        Known(Ranges, range), NotEmpty(from), NotEmpty(to), Known(Groupings, by), project == Unassigned || Guid.TryParse(project, out _) ? project : null,
        Guid.TryParse(key, out var id) ? id : null, NotEmpty(model), Known(Views, view));

    /// <summary>Both days are included.</summary>
    /// <param name="today">In the workspace's zone.</param>
    public (DateOnly First, DateOnly Last) Days(DateOnly today)
    {
        var month = new DateOnly(today.Year, today.Month, 1);
        return Range switch
        {
            LastMonth => (month.AddMonths(-1), month.AddDays(-1)),
            Week => (today.AddDays(-6), today),
            ThirtyDays => (today.AddDays(-29), today),
            Custom when Problem is null && DayOf(From) is { } first && DayOf(To) is { } last => (first, last),
            _ => (month, month.AddMonths(1).AddDays(-1)),
        };
    }

    /// <summary>What is wrong with a custom range, in words.</summary>
    public string? Problem => Range != Custom ? null : (DayOf(From), DayOf(To)) switch
    {
        (null, _) or (_, null) => "Choose the first and the last day.",
        ({ } first, { } last) when first > last => "The first day comes after the last.",
        ({ } first, { } last) when last.DayNumber - first.DayNumber >= DaysMax => $"At most {DaysMax} days at once.",
        _ => null,
    };

    public bool IsNarrowed => Project is not null || Key is not null || Model is not null;

    /// <summary>For the management API: <c>from=…&amp;to=…</c> and the filters.</summary>
    public string Asked(DateOnly today)
    {
        var (first, last) = Days(today);
        return Join(("from", Text(first)), ("to", Text(last)), ("project", Project), ("key", Key?.ToString()), ("model", Model));
    }

    /// <param name="page">The workspace's.</param>
    public string Address(string page)
    {
        var query = Join(
            ("view", View == Totals ? null : View), ("range", Range == ThisMonth ? null : Range),
            ("from", Range == Custom ? From : null), ("to", Range == Custom ? To : null), ("by", By == Day ? null : By),
            ("project", Project), ("key", Key?.ToString()), ("model", Model));
        return $"{page}/usage{(query.Length > 0 ? "?" : "")}{query}";
    }

    /// <summary>The same from one day to another.</summary>
    public UsageQuery Between(DateOnly first, DateOnly last) => this with { Range = Custom, From = Text(first), To = Text(last) };

    public static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static DateOnly? DayOf(string? text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= 2000 and <= 2200 ? day : null;

    private static string Known(IReadOnlyList<(string Value, string Name)> all, string? text) => all.Any(v => v.Value == text) ? text! : all[0].Value;
    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
    private static string Join(params (string Name, string? Value)[] parts) =>
        string.Join('&', parts.Where(p => p.Value is not null).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}"));
}
