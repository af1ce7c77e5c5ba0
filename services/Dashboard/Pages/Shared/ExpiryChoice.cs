using System.Globalization;

namespace TokenSense.Dashboard.Pages.Shared;

/// <summary>When a key ends by itself, while it is chosen.</summary>
public sealed class ExpiryChoice
{
    public const string Never = "never", Days30 = "30", Days90 = "90", OnDate = "date", Keep = "keep";

    public string Choice { get; set; } = Never;

    /// <summary><c>yyyy-MM-dd</c>: the last day on which the key works, in the workspace's zone.</summary>
    public string Date { get; set; } = "";

    /// <param name="now">The present.</param>
    /// <param name="zone">The workspace's.</param>
    /// <param name="at">Null: never.</param>
    /// <param name="wrong">What to do about it; empty where it was read.</param>
    public bool TryRead(DateTimeOffset now, TimeZoneInfo zone, out DateTimeOffset? at, out string wrong)
    {
        (at, wrong) = (null, "");
        switch (Choice)
        {
            case Days30: at = now.AddDays(30); break;
            case Days90: at = now.AddDays(90); break;
            case OnDate when DateOnly.TryParseExact(Date, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day < DateOnly.MaxValue:
                at = Midnight(day.AddDays(1), zone);
                if (at <= now) (at, wrong) = (null, "Choose today or a later day");
                break;
            case OnDate: wrong = "Choose a day"; break;
        }
        return wrong.Length == 0;
    }

    // Where clocks jump over midnight the day begins after the jump.
    private static DateTimeOffset Midnight(DateOnly day, TimeZoneInfo zone)
    {
        var local = day.ToDateTime(TimeOnly.MinValue);
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(15);
        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }
}
