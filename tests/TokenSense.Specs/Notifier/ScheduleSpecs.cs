using Shouldly;
using TokenSense.Notifier.Deliveries;
using Xunit;

namespace TokenSense.Specs.Notifier;

public sealed class ScheduleSpecs
{
    [Fact]
    public void What_is_refused_comes_again_as_standard_webhooks_has_it_and_is_given_up_after_75_hours()
    {
        var after = Enumerable.Range(1, 9).Select(attempt => Schedule.AfterRefusal(attempt)!.Value.TotalSeconds);
        after.ShouldBe([5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
        Schedule.AfterRefusal(10).ShouldBeNull();
        Schedule.LifetimeMax.ShouldBe(new TimeSpan(75, 35, 5));
    }

    [Fact]
    public void A_receiver_that_is_away_is_looked_for_at_least_every_five_minutes()
    {
        Enumerable.Range(1, 5).Select(failures => Schedule.UntilProbe(failures, null).TotalSeconds).ShouldBe([5, 20, 60, 300, 300]);
        Schedule.UntilProbe(1_000, null).ShouldBe(TimeSpan.FromMinutes(5));
    }

    [Fact]
    public void What_a_receiver_asks_for_is_granted_up_to_a_day_and_never_makes_it_sooner()
    {
        Schedule.UntilProbe(1, TimeSpan.FromHours(2)).ShouldBe(TimeSpan.FromHours(2));
        Schedule.UntilProbe(1, TimeSpan.FromDays(400)).ShouldBe(TimeSpan.FromDays(1));
        Schedule.UntilProbe(4, TimeSpan.Zero).ShouldBe(TimeSpan.FromMinutes(5));
    }

    [Fact]
    public void Waits_are_spread_by_a_tenth_either_way()
    {
        Schedule.Spread(TimeSpan.FromMinutes(10), 0).ShouldBe(TimeSpan.FromMinutes(9));
        Schedule.Spread(TimeSpan.FromMinutes(10), 1).ShouldBe(TimeSpan.FromMinutes(11));
    }
}
