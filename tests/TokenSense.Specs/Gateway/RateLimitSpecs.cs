using Shouldly;
using TokenSense.Gateway;
using TokenSense.Gateway.Proxy;
using Xunit;
using static TokenSense.Specs.Enforcement.World;

namespace TokenSense.Specs.Gateway;

public sealed class RateLimitSpecs
{
    [Fact]
    public void A_key_may_make_so_many_calls_in_a_minute_and_another_key_as_many()
    {
        using var rates = new RateLimit(new() { RateLimitPerMinute = 3 });
        for (var i = 0; i < 3; i++) rates.Refuse(Key).ShouldBeNull();
        var refusal = rates.Refuse(Key).ShouldNotBeNull();
        (refusal.Status, refusal.Code, refusal.Type, refusal.LimitPerMinute).ShouldBe((429, "RATE_LIMITED", "rate_limit_error", 3));
        refusal.RetryAfterSeconds.ShouldNotBeNull().ShouldBeInRange(1, 60);
        rates.Refuse(Id(99)).ShouldBeNull();
    }

    [Fact]
    public void Without_the_setting_there_is_no_limit()
    {
        using var rates = new RateLimit(new());
        for (var i = 0; i < 10_000; i++) rates.Refuse(Key).ShouldBeNull();
    }

    [Fact]
    public void Where_no_key_is_known_nothing_is_counted()
    {
        using var rates = new RateLimit(new() { RateLimitPerMinute = 1 });
        for (var i = 0; i < 3; i++) rates.Refuse(Guid.Empty).ShouldBeNull();
    }
}
