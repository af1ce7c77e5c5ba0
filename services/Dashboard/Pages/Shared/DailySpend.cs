using TokenSense.Dashboard.Client;

namespace TokenSense.Dashboard.Pages.Shared;

/// <summary>Spend per day, stacked by project: the projects that cost most by themselves, all others together.</summary>
/// <param name="Days">All of the range, those without spend too.</param>
public sealed record DailySpend(IReadOnlyList<DateOnly> Days, IReadOnlyList<DailySpend.Band> Bands)
{
    public const int BandsMax = 8;
    private const string UnassignedColor = "#8b95a7", OthersColor = "#b9c0cc";

    /// <param name="ByDay">USD, as many as there are days.</param>
    public sealed record Band(string Name, string Color, IReadOnlyList<decimal> ByDay)
    {
        public decimal Total => ByDay.Sum();
    }

    /// <param name="rows">Grouped by day and project; without a project: unassigned.</param>
    /// <param name="projects">By id: name and colour.</param>
    /// <param name="first">Of the range.</param>
    /// <param name="last">Of the range, included.</param>
    public static DailySpend Of(IReadOnlyList<UsageRow> rows, IReadOnlyDictionary<Guid, (string Name, string Color)> projects, DateOnly first, DateOnly last)
    {
        var days = Enumerable.Range(0, last.DayNumber - first.DayNumber + 1).Select(first.AddDays).ToList();
        Band BandOf(string name, string color, IEnumerable<UsageRow> of)
        {
            var byDay = new decimal[days.Count];
            foreach (var row in of)
                if (row.Day is { } day && day >= first && day <= last) byDay[day.DayNumber - first.DayNumber] += row.CostUsd;
            return new(name, color, byDay);
        }
        var byProject = rows.GroupBy(r => r.ProjectId).OrderByDescending(g => g.Sum(r => r.CostUsd)).ThenBy(g => g.Key).ToList();
        var shown = byProject.Count <= BandsMax ? byProject : byProject.Take(BandsMax - 1).ToList();
        List<Band> bands =
        [
            .. shown.Select(g => g.Key is { } id
                ? projects.TryGetValue(id, out var known) ? BandOf(known.Name, known.Color, g) : BandOf(id.ToString(), OthersColor, g)
                : BandOf("Unassigned", UnassignedColor, g)),
        ];
        if (byProject.Count > shown.Count) bands.Add(BandOf($"{byProject.Count - shown.Count} others", OthersColor, byProject.Skip(shown.Count).SelectMany(g => g)));
        return new(days, bands);
    }

    /// <summary>Reads the days: however many projects there are, only of those with a band of their own.</summary>
    /// <param name="spenders">What costs most first; without an id: unassigned.</param>
    /// <param name="daysOf">The rows by day of one project (id or <c>unassigned</c>); of null those of all.</param>
    /// <param name="first">Of the range.</param>
    /// <param name="last">Of the range, included.</param>
    public static async Task<DailySpend> Read(
        IReadOnlyList<(Guid? Id, string Name, string Color)> spenders, Func<string?, Task<IReadOnlyList<UsageRow>>> daysOf, DateOnly first, DateOnly last)
    {
        var own = spenders.Count <= BandsMax ? spenders : [.. spenders.Take(BandsMax - 1)];
        var all = own.Count < spenders.Count ? daysOf(null) : null;
        var byProject = await Task.WhenAll(own.Select(async s => (await daysOf(s.Id?.ToString() ?? "unassigned")).Select(r => r with { ProjectId = s.Id })));
        var daily = Of([.. byProject.SelectMany(r => r)], own.Where(s => s.Id is not null).ToDictionary(s => s.Id!.Value, s => (s.Name, s.Color)), first, last);
        return all is null ? daily : daily.WithOthers(await all, spenders.Count - own.Count);
    }

    /// <summary>With a band more: what the days have beyond these bands.</summary>
    /// <param name="days">Grouped by day alone.</param>
    /// <param name="count">How many projects that are.</param>
    public DailySpend WithOthers(IReadOnlyList<UsageRow> days, int count)
    {
        var left = Days.Select((day, i) => days.Where(r => r.Day == day).Sum(r => r.CostUsd) - Bands.Sum(b => b.ByDay[i])).ToArray();
        return this with { Bands = [.. Bands, new Band($"{count} others", OthersColor, left)] };
    }
}
