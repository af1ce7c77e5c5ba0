using Shouldly;
using TokenSense.Contracts;
using TokenSense.Enforcement;
using Xunit;
using static TokenSense.Specs.Enforcement.KeySpecs;
using static TokenSense.Specs.Enforcement.World;

namespace TokenSense.Specs.Enforcement;

public sealed class StalenessSpecs
{
    private static readonly DateTimeOffset Edge = Now.AddSeconds(60);

    [Fact]
    public void Before_the_first_snapshot_nothing_is_known_and_no_key_is_refused_for_good()
    {
        var enforcer = new Enforcer();
        enforcer.Apply(AWorkspace());
        enforcer.Apply(AKey() with { ProjectId = null });
        enforcer.Apply(new BudgetsHeartbeat { Epoch = 1, CompleteTo = Now });
        Refused(enforcer.Decide(Secret, null, Now), 503, "BUDGET_CHECK_UNAVAILABLE");
        Refused(enforcer.Decide(Make('x'), null, Now), 503, "BUDGET_CHECK_UNAVAILABLE");
        enforcer.IsStale(Now).ShouldBeTrue();
    }

    [Fact]
    public void What_is_exactly_as_old_as_allowed_still_counts_and_a_tick_later_does_not()
    {
        var world = new World().With(Spend("workspace", 1, 100));
        world.CallAsHeard(now: Edge).IsAllowed.ShouldBeTrue();
        Refused(world.CallAsHeard(now: Edge.AddTicks(1)), 503, "BUDGET_CHECK_UNAVAILABLE");
    }

    [Fact]
    public void A_heartbeat_makes_it_fresh_again()
    {
        var world = new World().With(Spend("workspace", 1, 100), new BudgetsHeartbeat { Epoch = 1, CompleteTo = Now.AddSeconds(30) });
        world.CallAsHeard(now: Edge.AddSeconds(30)).IsAllowed.ShouldBeTrue();
        world.CallAsHeard(now: Edge.AddSeconds(31)).IsAllowed.ShouldBeFalse();
    }

    [Theory]
    [InlineData("workspace")]
    [InlineData("project")]
    [InlineData("key")]
    public void A_budget_at_any_level_needs_fresh_knowledge(string scope) =>
        Refused(new World().With(Spend(scope, 1, 100)).CallAsHeard(now: Edge.AddSeconds(1)), 503, "BUDGET_CHECK_UNAVAILABLE");

    [Fact]
    public void Keys_without_a_blocking_budget_go_on()
    {
        new World().CallAsHeard(now: Edge.AddDays(1)).IsAllowed.ShouldBeTrue();
        new World().With(Spend("workspace", 1, null)).CallAsHeard(now: Edge.AddDays(1)).IsAllowed.ShouldBeTrue();
        new World().With(Spend("workspace", 200, 100, "alert")).CallAsHeard(now: Edge.AddDays(1)).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public void An_operator_who_chose_open_lets_calls_pass_on_the_last_known_state()
    {
        var open = new EnforcementPolicy(TimeSpan.FromSeconds(60), FailOpen: true);
        new World(open).With(Spend("workspace", 1, 100)).CallAsHeard(now: Edge.AddSeconds(1)).IsAllowed.ShouldBeTrue();
        Refused(new World(open).With(Spend("workspace", 100, 100)).CallAsHeard(now: Edge.AddSeconds(1)), 402, "BUDGET_EXCEEDED");
    }

    [Fact]
    public void The_limit_is_a_setting() =>
        new World(new(TimeSpan.FromSeconds(5))).With(Spend("workspace", 1, 100)).CallAsHeard(now: Now.AddSeconds(6)).IsAllowed.ShouldBeFalse();

    [Fact]
    public void What_is_wrong_with_the_key_is_said_before_what_is_wrong_with_the_request_the_knowledge_and_the_budget()
    {
        var late = Edge.AddSeconds(1);
        var world = new World().With(Spend("workspace", 100, 100));
        Refused(world.Call(), 402, "BUDGET_EXCEEDED");
        Refused(world.CallAsHeard(now: late), 503, "BUDGET_CHECK_UNAVAILABLE");
        // Nothing is wrong with the key itself so far.
        (world.Call().KeyId, world.CallAsHeard(now: late).KeyId, world.CallAsHeard("beta", late).KeyId).ShouldBe((Key, Key, Guid.Empty));
        Refused(world.CallAsHeard("beta", late), 400, "PROJECT_MISMATCH");
        world.With(AKey(2) with { ExpiresAt = late });
        Refused(world.CallAsHeard("beta", late), 401, "API_KEY_EXPIRED");
        world.With(AKey(3) with { ExpiresAt = late, RevokedAt = Now });
        Refused(world.CallAsHeard("beta", late), 401, "INVALID_API_KEY");
        world.CallAsHeard(now: late).KeyId.ShouldBe(Guid.Empty);
    }

    [Fact]
    public void A_heartbeat_of_a_new_epoch_promises_nothing_until_its_snapshot_was_read()
    {
        var world = new World().With(Spend("workspace", 1, 100), new BudgetsHeartbeat { Epoch = 2, CompleteTo = Edge });
        world.CallAsHeard(now: Edge.AddSeconds(1)).IsAllowed.ShouldBeFalse();
        world.With(new EnforcementSnapshot { Epoch = 2, CompleteTo = Now, Workspaces = [], Projects = [], Keys = [], Spend = [Spend("workspace", 1, 100, epoch: 2)] });
        world.CallAsHeard(now: Edge.AddSeconds(1)).IsAllowed.ShouldBeTrue();
    }
}
