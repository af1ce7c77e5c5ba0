using System.Globalization;

namespace TokenSense.Contracts;

/// <param name="From">The first period (<c>yyyy-MM</c>) that this zone counts for; null: from the beginning.</param>
/// <param name="Id">IANA name.</param>
public sealed record TimeZoneFrom(string? From, string Id);

/// <summary>The calendar months of a workspace. A changed time zone takes effect with the next period, which starts where the last one ended.</summary>
/// <remarks>So every instant lies in exactly one period. Periods are written <c>yyyy-MM</c>, which sorts as they follow each other.</remarks>
public sealed class PeriodCalendar
{
    private readonly (string? From, TimeZoneInfo Zone)[] _zones;

    /// <exception cref="TimeZoneNotFoundException">A zone that this system does not know.</exception>
    public PeriodCalendar(IReadOnlyList<TimeZoneFrom> zones) =>
        _zones = zones.Count == 0
            ? [(null, TimeZoneInfo.Utc)]
            : [.. zones.OrderBy(z => z.From, StringComparer.Ordinal).Select(z => (z.From, TimeZoneInfo.FindSystemTimeZoneById(z.Id)))];

    /// <summary>The period in which something admitted at this time counts.</summary>
    public string PeriodOf(DateTimeOffset time)
    {
        var month = new DateOnly(time.UtcDateTime.Year, time.UtcDateTime.Month, 1);
        // No zone is more than a day from UTC, so the answer is this month or a neighbour.
        if (time < StartsAt(month)) return Name(month.AddMonths(-1));
        return time >= StartsAt(month.AddMonths(1)) ? Name(month.AddMonths(1)) : Name(month);
    }

    public DateTimeOffset StartsAt(string period) => StartsAt(Parse(period));

    /// <summary>The first instant that is no longer in the period: the start of the next.</summary>
    public DateTimeOffset EndsAt(string period) => StartsAt(Parse(period).AddMonths(1));

    /// <summary>The first instant of a day, in the zone of the period whose name the day has.</summary>
    public DateTimeOffset DayStartsAt(DateOnly day) => DayStartsAt(day, ZoneOf(Name(day)));

    /// <summary>The day on which something admitted at this time counts, in its period's zone.</summary>
    public DateOnly DayOf(DateTimeOffset time) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(time, ZoneOf(PeriodOf(time))).DateTime);

    public string Next(string period) => Name(Parse(period).AddMonths(1));

    /// <summary>The zone whose hours and days the period's rollups use.</summary>
    public TimeZoneInfo ZoneOf(string period) =>
        Array.FindLast(_zones, z => z.From is null || string.CompareOrdinal(z.From, period) <= 0).Zone ?? _zones[0].Zone;

    public static bool IsPeriod(string? text) =>
        text is { Length: 7 } && DateOnly.TryParseExact(text, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
        && day.Year is >= 2000 and <= 2200;

    // The end of a month is told by the zone that the month was kept in.
    private DateTimeOffset StartsAt(DateOnly month) => DayStartsAt(month, ZoneOf(Name(month.AddMonths(-1))));

    private static DateTimeOffset DayStartsAt(DateOnly day, TimeZoneInfo zone)
    {
        var local = day.ToDateTime(TimeOnly.MinValue);
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(15);
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }

    private static DateOnly Parse(string period) => DateOnly.ParseExact(period, "yyyy-MM", CultureInfo.InvariantCulture);

    private static string Name(DateOnly month) => month.ToString("yyyy-MM", CultureInfo.InvariantCulture);
}
