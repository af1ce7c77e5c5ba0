using System.Diagnostics;
using Shouldly;
using TokenSense.Enforcement;
using Xunit;
using static TokenSense.Specs.Enforcement.World;

namespace TokenSense.Specs.Enforcement;

public sealed class KeyArrivalSpecs
{
    private static readonly string Late = Make('z');

    [Fact]
    public async Task A_key_made_a_moment_ago_is_waited_for()
    {
        var world = new World();
        var asked = new KeyArrival(world.Enforcer, TimeProvider.System).Decide(Late, null, TestContext.Current.CancellationToken);
        asked.IsCompleted.ShouldBeFalse();
        world.With(AKey() with { KeyId = Id(7), Secrets = [new(Hash(Late), null)] });
        (await asked).KeyId.ShouldBe(Id(7));
    }

    [Fact]
    public async Task A_key_that_never_comes_is_invalid_after_half_a_second()
    {
        var since = Stopwatch.StartNew();
        var call = await new KeyArrival(new World().Enforcer, TimeProvider.System).Decide(Late, null, TestContext.Current.CancellationToken);
        call.Refusal!.Code.ShouldBe("INVALID_API_KEY");
        since.ElapsedMilliseconds.ShouldBeInRange(450, 30_000);
    }

    [Fact]
    public async Task Only_so_many_wait_and_the_next_is_answered_at_once()
    {
        var arrival = new KeyArrival(new World().Enforcer, TimeProvider.System);
        var ct = TestContext.Current.CancellationToken;
        var waiting = Enumerable.Range(0, KeyArrival.WaitersMax).Select(_ => arrival.Decide(Late, null, ct).AsTask()).ToList();
        arrival.Decide(Late, null, ct).IsCompleted.ShouldBeTrue();
        (await Task.WhenAll(waiting)).ShouldAllBe(call => !call.IsAllowed);
        arrival.Decide(Late, null, ct).IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public void A_known_a_malformed_and_a_premature_key_are_answered_at_once()
    {
        var arrival = new KeyArrival(new World().Enforcer, TimeProvider.System);
        var ct = TestContext.Current.CancellationToken;
        arrival.Decide(Secret, null, ct).IsCompletedSuccessfully.ShouldBeTrue();
        arrival.Decide("ts_live_nonsense", null, ct).IsCompletedSuccessfully.ShouldBeTrue();
        new KeyArrival(new Enforcer(), TimeProvider.System).Decide(Late, null, ct).IsCompletedSuccessfully.ShouldBeTrue();
    }
}
