using Shouldly;
using TokenSense.Dashboard.Pages.Shared;
using Xunit;

namespace TokenSense.Specs.Dashboard;

public sealed class ExpiryChoiceSpecs
{
    private static readonly DateTimeOffset Now = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Fact]
    public void A_key_works_to_the_end_of_its_last_day_in_the_workspaces_zone()
    {
        new ExpiryChoice { Choice = ExpiryChoice.OnDate, Date = "2027-03-31" }.TryRead(Now, Berlin, out var at, out _).ShouldBeTrue();
        at.ShouldBe(new DateTimeOffset(2027, 3, 31, 22, 0, 0, TimeSpan.Zero));
    }

    [Fact]
    public void Today_is_a_last_day_and_yesterday_is_not()
    {
        new ExpiryChoice { Choice = ExpiryChoice.OnDate, Date = "2026-11-27" }.TryRead(Now, Berlin, out _, out _).ShouldBeTrue();
        new ExpiryChoice { Choice = ExpiryChoice.OnDate, Date = "2026-11-26" }.TryRead(Now, Berlin, out var at, out var wrong).ShouldBeFalse();
        (at, wrong.Length > 0).ShouldBe((null, true));
    }

    [Fact]
    public void Never_is_no_time_at_all()
    {
        new ExpiryChoice().TryRead(Now, Berlin, out var at, out _).ShouldBeTrue();
        at.ShouldBeNull();
    }

    [Fact]
    public void A_day_must_be_chosen() => new ExpiryChoice { Choice = ExpiryChoice.OnDate }.TryRead(Now, Berlin, out _, out _).ShouldBeFalse();
}
