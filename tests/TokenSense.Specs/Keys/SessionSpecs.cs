using Shouldly;
using TokenSense.KeyRegistry.People;
using Xunit;
using static TokenSense.KeyRegistry.People.SessionEvent;
using Ended = TokenSense.Specs.Keys.Story<TokenSense.KeyRegistry.People.EndedSessions, TokenSense.KeyRegistry.People.SessionEvent>;

namespace TokenSense.Specs.Keys;

public sealed class SessionSpecs
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid User = Guid.NewGuid(), One = Guid.NewGuid(), Other = Guid.NewGuid();

    [Fact]
    public void An_ended_session_is_told_while_a_token_of_it_may_live_and_no_longer()
    {
        Told(Ended.Given(End(Noon, One), End(Noon.AddMinutes(15), Other))).ShouldBe([One, Other]);
        Told(Ended.Given(End(Noon, One), End(Noon.AddMinutes(16), Other))).ShouldBe([Other]);
    }

    [Fact]
    public void A_session_ends_once()
    {
        Told(new(Ended.Given().When(Ends(One)).After)).ShouldBe([One]);
        Ended.Given(End(Noon, One)).When(Ends(One)).ThenNothing();
    }

    [Fact]
    public void Where_too_many_end_at_once_all_tokens_of_before_are_refused_instead_of_each()
    {
        var many = Enumerable.Range(0, EndedSessions.NamedMax + 1).Select(_ => Guid.NewGuid()).ToArray();
        var state = Ended.Given(End(Noon, many)).State!;
        (state.Lately.Length, state.AllUntil).ShouldBe((0, Noon));
        Ended.Given(End(Noon, many), End(Noon.AddMinutes(1), One)).State!.AllUntil.ShouldBe(Noon);
    }

    [Theory]
    [InlineData(0, 0, null, 0, RefreshVerdict.Renew)]
    [InlineData(13.9, 13.9, null, 0, RefreshVerdict.Renew)]
    [InlineData(14, 14, null, 0, RefreshVerdict.Over)]
    [InlineData(89.9, 1, null, 0, RefreshVerdict.Renew)]
    [InlineData(90, 1, null, 0, RefreshVerdict.Over)]
    [InlineData(1, 0.5, 30, 1, RefreshVerdict.Renew)]
    [InlineData(1, 0.5, 31, 1, RefreshVerdict.Replayed)]
    [InlineData(1, 0.5, 1, RefreshRules.UsesMax, RefreshVerdict.Replayed)]
    public void A_refresh_token_is_for_one_use_of_a_session_that_is_neither_idle_nor_old(
        double daysOld, double daysIdle, int? usedSecondsAgo, int uses, RefreshVerdict verdict) =>
        RefreshRules.Of(Noon.AddDays(-daysOld), Noon.AddDays(-daysIdle), usedSecondsAgo is { } ago ? Noon.AddSeconds(-ago) : null, uses, Noon).ShouldBe(verdict);

    private static SessionsEnded End(DateTimeOffset at, params Guid[] sessions) => new(User, [.. sessions], at);

    private static Func<EndedSessions?, IEnumerable<SessionEvent>> Ends(Guid session) =>
        ended => EndedSessions.Decide(new SessionCommand.End(User, [session], Noon), ended);

    private static IReadOnlyList<Guid> Told(Ended story) => ((Contracts.SessionsEnded)story.State!.Contract(1)).Sessions;
}
