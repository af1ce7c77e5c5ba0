using System.Globalization;
using System.Text.Json;
using TokenSense.Contracts;

namespace TokenSense.ServiceDefaults;

/// <summary>An end of a range in a query: a day is the workspace's, and the last one is included; a time is an instant, and the last one is not.</summary>
public static class TimeBound
{
    public static DateTimeOffset? From(string? text, PeriodCalendar calendar, IDictionary<string, string[]> errors) => Read("from", text, calendar, 0, errors);

    public static DateTimeOffset? To(string? text, PeriodCalendar calendar, IDictionary<string, string[]> errors) => Read("to", text, calendar, 1, errors);

    /// <summary>The same range in whole days: the one in which it begins.</summary>
    public static DateOnly? FirstDay(string? text, PeriodCalendar calendar, IDictionary<string, string[]> errors) => ReadDay("from", text, calendar, TimeSpan.Zero, errors);

    /// <summary>The day in which the range's last instant lies.</summary>
    public static DateOnly? LastDay(string? text, PeriodCalendar calendar, IDictionary<string, string[]> errors) => ReadDay("to", text, calendar, TimeSpan.FromTicks(1), errors);

    private static DateOnly? ReadDay(string name, string? text, PeriodCalendar calendar, TimeSpan before, IDictionary<string, string[]> errors)
    {
        if (text is not null && DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return day;
        return Read(name, text, calendar, 0, errors) switch
        {
            null => null,
            { Year: < 2000 } => DateOnly.MinValue,
            { Year: > 2200 } => DateOnly.MaxValue,
            { } time => calendar.DayOf(time - before),
        };
    }

    private static DateTimeOffset? Read(string name, string? text, PeriodCalendar calendar, int daysMore, IDictionary<string, string[]> errors)
    {
        if (string.IsNullOrEmpty(text)) return null;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is >= 2000 and <= 2200)
            return calendar.DayStartsAt(day.AddDays(daysMore));
        if (Rfc3339.TryRead(JsonSerializer.SerializeToElement(text), out var time)) return time;
        errors[name] = ["must be a day as yyyy-MM-dd, or an RFC 3339 time with its offset"];
        return null;
    }
}
