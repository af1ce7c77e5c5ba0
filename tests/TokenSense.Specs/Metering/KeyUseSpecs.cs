using Microsoft.Extensions.Time.Testing;
using Shouldly;
using TokenSense.Contracts;
using TokenSense.Metering.Usage;
using Xunit;

namespace TokenSense.Specs.Metering;

public sealed class KeyUseSpecs
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid Key = Guid.NewGuid();
    private readonly KeyUse _use = new(new FakeTimeProvider(Noon));

    [Fact]
    public void The_latest_call_counts_in_whichever_order_they_come()
    {
        foreach (var minute in new[] { -9, -2, -5 }) _use.Note(Key, Noon.AddMinutes(minute));
        _use.TakeAll().ShouldBe([new KeyLastUsed(Key, Noon.AddMinutes(-2))]);
    }

    [Fact]
    public void A_call_in_the_future_was_made_now()
    {
        _use.Note(Key, Noon.AddMinutes(4));
        _use.TakeAll().ShouldBe([new KeyLastUsed(Key, Noon)]);
    }

    [Fact]
    public void What_was_told_is_not_told_again()
    {
        _use.Note(Key, Noon);
        _use.TakeAll().Count().ShouldBe(1);
        _use.TakeAll().ShouldBeEmpty();
    }
}
