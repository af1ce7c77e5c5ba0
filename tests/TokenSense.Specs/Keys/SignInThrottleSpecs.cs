using Microsoft.Extensions.Time.Testing;
using Shouldly;
using TokenSense.KeyRegistry.People;
using Xunit;

namespace TokenSense.Specs.Keys;

/// <summary>Guessing is slow from wherever it is done, and whoever signs in is not counted.</summary>
public sealed class SignInThrottleSpecs
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public void One_e_mail_from_one_address_is_tried_ten_times_a_minute()
    {
        var throttle = new SignInThrottle(_clock);
        Failures(throttle, 20, n => ("a@example.com", "192.0.2.1")).ShouldBe(10);
        throttle.Attempt("a@example.com", "192.0.2.2").ShouldBeNull();
        throttle.Attempt("a@example.com", "192.0.2.1").ShouldBe(TimeSpan.FromMinutes(1));
        _clock.Advance(TimeSpan.FromMinutes(1));
        throttle.Attempt("a@example.com", "192.0.2.1").ShouldBeNull();
    }

    [Fact]
    public void One_address_that_tries_many_e_mails_is_stopped_and_others_are_not()
    {
        var throttle = new SignInThrottle(_clock);
        Failures(throttle, 1_000, n => ($"{n}@example.com", "192.0.2.1")).ShouldBe(300);
        throttle.Attempt("somebody@example.com", "192.0.2.2").ShouldBeNull();
    }

    [Fact]
    public void One_e_mail_that_is_tried_from_many_addresses_is_slowed_too()
    {
        var throttle = new SignInThrottle(_clock);
        Failures(throttle, 3_000, n => ("a@example.com", $"{n}")).ShouldBe(1_000);
        _clock.Advance(TimeSpan.FromMinutes(10));
        throttle.Attempt("a@example.com", "192.0.2.1").ShouldBeNull();
    }

    [Fact]
    public void Who_signs_in_is_not_counted()
    {
        var throttle = new SignInThrottle(_clock);
        for (var n = 0; n < 3_000; n++)
        {
            throttle.Attempt("a@example.com", "192.0.2.1").ShouldBeNull();
            throttle.Succeeded("a@example.com", "192.0.2.1");
        }
    }

    private static int Failures(SignInThrottle throttle, int tries, Func<int, (string Email, string Address)> who) =>
        Enumerable.Range(0, tries).Count(n => throttle.Attempt(who(n).Email, who(n).Address) is null);
}
