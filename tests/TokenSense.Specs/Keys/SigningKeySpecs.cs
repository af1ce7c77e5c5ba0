using Shouldly;
using TokenSense.KeyRegistry.People;
using Xunit;

namespace TokenSense.Specs.Keys;

public sealed class SigningKeySpecs
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Period = TimeSpan.FromDays(30), PublishFor = TimeSpan.FromMinutes(5);
    private static readonly Guid Old = Guid.NewGuid(), New = Guid.NewGuid();

    [Fact]
    public void A_key_is_followed_by_the_next_after_its_period_and_not_before()
    {
        Plan([Key(Old, Noon.AddDays(-29.9))]).IsEmpty.ShouldBeTrue();
        Plan([Key(Old, Noon.AddDays(-30))]).Make.ShouldBe(Noon + PublishFor);
    }

    [Fact]
    public void While_one_is_on_its_way_no_other_is_made_whoever_asks() =>
        Plan([Key(Old, Noon.AddDays(-31)), Key(New, Noon.AddSeconds(1))], asked: true).IsEmpty.ShouldBeTrue();

    [Fact]
    public void A_key_is_made_at_once_where_somebody_asks_or_there_is_none()
    {
        Plan([Key(Old, Noon.AddDays(-1))], asked: true).Make.ShouldBe(Noon + PublishFor);
        Plan([]).Make.ShouldBe(Noon + PublishFor);
    }

    [Fact]
    public void An_old_key_signs_no_more_once_every_process_knows_the_new_one_and_verifies_until_its_last_token_has_ended()
    {
        Plan([Key(Old, Noon.AddDays(-31)), Key(New, Noon - SigningKeyPlan.Handover + TimeSpan.FromSeconds(1))]).Retire.ShouldBeEmpty();
        Plan([Key(Old, Noon.AddDays(-31)), Key(New, Noon - SigningKeyPlan.Handover)]).Retire.ShouldBe([(Old, Noon + EndedSessions.Remembered)]);
        EndedSessions.Remembered.ShouldBeGreaterThan(EndedSessions.TokenLifetime);
    }

    private static SigningKeyTimes Key(Guid id, DateTimeOffset signsFrom) => new(id, signsFrom - PublishFor, signsFrom);

    private static SigningKeyPlan Plan(IReadOnlyList<SigningKeyTimes> keys, bool asked = false) => SigningKeyPlan.Of(keys, Period, PublishFor, asked, Noon);
}
