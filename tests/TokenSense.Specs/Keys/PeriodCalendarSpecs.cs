using CsCheck;
using Shouldly;
using TokenSense.Contracts;
using Xunit;

namespace TokenSense.Specs.Keys;

public sealed class PeriodCalendarSpecs
{
    private static readonly string[] Zones =
    [
        "UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Pacific/Apia",
        "Asia/Kathmandu", "Australia/Lord_Howe", "America/Asuncion", "Asia/Beirut", "America/Sao_Paulo",
    ];

    // A workspace's zones: one from the beginning, and up to four changes.
    private static readonly Gen<PeriodCalendar> Calendars =
        Gen.Select(Gen.OneOfConst(Zones), Gen.Select(Gen.Int[2000 * 12, 2050 * 12], Gen.OneOfConst(Zones)).Array[0, 4])
            .Select((first, changes) => new PeriodCalendar(
                [new(null, first), .. changes.DistinctBy(c => c.Item1).OrderBy(c => c.Item1).Select(c => new TimeZoneFrom(Period(c.Item1), c.Item2))]));

    private static readonly Gen<DateTimeOffset> Instants =
        Gen.Long[Utc(2000, 1, 2).Ticks, Utc(2060, 1, 1).Ticks].Select(ticks => new DateTimeOffset(ticks, TimeSpan.Zero));

    [Theory]
    [InlineData("2026-03", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z")] // summer time began
    [InlineData("2026-10", "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z")] // and ended
    [InlineData("2026-01", "2025-12-31T23:00:00Z", "2026-01-31T23:00:00Z")]
    public void Months_in_Berlin_follow_its_summer_time(string period, string starts, string ends) =>
        Spans(In("Europe/Berlin"), period, starts, ends);

    [Fact]
    public void The_year_begins_on_Kiritimati() =>
        Spans(In("Pacific/Kiritimati"), "2026-01", "2025-12-31T10:00:00Z", "2026-01-31T10:00:00Z");

    [Fact]
    public void A_changed_zone_begins_where_the_last_period_ended()
    {
        var calendar = new PeriodCalendar([new(null, "UTC"), new("2026-12", "Europe/Berlin")]);
        Spans(calendar, "2026-11", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");
        Spans(calendar, "2026-12", "2026-12-01T00:00:00Z", "2026-12-31T23:00:00Z");
        Spans(calendar, "2027-01", "2026-12-31T23:00:00Z", "2027-01-31T23:00:00Z");
    }

    [Fact]
    public void A_workspace_may_move_across_the_date_line()
    {
        var calendar = new PeriodCalendar([new(null, "Pacific/Kiritimati"), new("2026-12", "Pacific/Pago_Pago")]);
        Spans(calendar, "2026-12", "2026-11-30T10:00:00Z", "2027-01-01T11:00:00Z");
    }

    [Fact]
    public void Without_zones_months_are_those_of_UTC() =>
        Spans(new PeriodCalendar([]), "2026-11", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");

    [Fact]
    public void Every_instant_lies_in_exactly_one_period() =>
        Gen.Select(Calendars, Instants).Sample((calendar, time) =>
        {
            var period = calendar.PeriodOf(time);
            (calendar.StartsAt(period) <= time && time < calendar.EndsAt(period)).ShouldBeTrue();
        }, iter: 5_000);

    [Fact]
    public void Periods_leave_no_gap_and_do_not_overlap() =>
        Gen.Select(Calendars, Gen.Int[2000 * 12 + 1, 2055 * 12]).Sample((calendar, month) =>
        {
            var period = Period(month);
            var ends = calendar.EndsAt(period);
            calendar.StartsAt(period).ShouldBeLessThan(ends);
            calendar.StartsAt(calendar.Next(period)).ShouldBe(ends);
            calendar.PeriodOf(calendar.StartsAt(period)).ShouldBe(period);
            calendar.PeriodOf(ends.AddTicks(-1)).ShouldBe(period);
            calendar.PeriodOf(ends).ShouldBe(calendar.Next(period));
        }, iter: 5_000);

    [Theory]
    [InlineData("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z")]
    [InlineData("Pacific/Auckland", "2026-11-23", "2026-11-22T11:00:00Z", "2026-11-23T11:00:00Z")]
    [InlineData("America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z")]
    public void A_day_lasts_as_long_as_it_does_where_the_workspace_is(string zone, string day, string starts, string ends)
    {
        var (calendar, date) = (In(zone), DateOnly.ParseExact(day, "yyyy-MM-dd"));
        (calendar.DayStartsAt(date), calendar.DayStartsAt(date.AddDays(1))).ShouldBe((DateTimeOffset.Parse(starts), DateTimeOffset.Parse(ends)));
    }

    private static PeriodCalendar In(string zone) => new([new(null, zone)]);

    private static string Period(int month) => $"{month / 12:0000}-{month % 12 + 1:00}";

    private static DateTimeOffset Utc(int year, int month, int day) => new(year, month, day, 0, 0, 0, TimeSpan.Zero);

    private static void Spans(PeriodCalendar calendar, string period, string starts, string ends)
    {
        calendar.StartsAt(period).ShouldBe(DateTimeOffset.Parse(starts));
        calendar.EndsAt(period).ShouldBe(DateTimeOffset.Parse(ends));
    }
}
