using Shouldly;
using TokenSense.Contracts;
using TokenSense.Enforcement;
using Xunit;
using static TokenSense.Specs.Enforcement.World;

namespace TokenSense.Specs.Enforcement;

public sealed class KeySpecs
{
    [Fact]
    public void A_gateway_that_is_limited_to_workspaces_serves_no_keys_of_others_whatever_the_bus_tells()
    {
        var world = new World();
        var picture = new EnforcementSnapshot { Epoch = 1, CompleteTo = Now, Workspaces = [], Projects = [], Keys = [], Spend = [] };
        world.Enforcer.Load(picture with { LimitedTo = [Id(99)] });
        Refused(world.Call(), 401, "INVALID_API_KEY");
        world.Enforcer.Load(picture with { LimitedTo = [Id(99), Workspace] });
        world.Call().IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public void A_known_key_may_spend_in_its_project()
    {
        var call = new World().Call();
        call.IsAllowed.ShouldBeTrue();
        (call.WorkspaceId, call.ProjectId, call.KeyId).ShouldBe((Workspace, Project, Key));
    }

    [Fact]
    public void An_unknown_key_is_invalid() => Refused(new World().Call(secret: Make('x')), 401, "INVALID_API_KEY");

    [Fact]
    public void A_malformed_key_is_invalid_even_before_anything_is_known() =>
        Refused(new Enforcer().Decide("ts_live_nonsense", null, Now), 401, "INVALID_API_KEY");

    [Fact]
    public void A_key_with_one_wrong_character_is_malformed() => ApiKeyFormat.IsWellFormed(Secret.Replace("aaaa", "aaba")).ShouldBeFalse();

    [Theory]
    [InlineData("")]
    [InlineData("ts_live_")]
    [InlineData("tst_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000000")]
    public void What_does_not_look_like_a_key_is_malformed(string secret) => ApiKeyFormat.IsWellFormed(secret).ShouldBeFalse();

    [Fact]
    public void A_known_checksum_stays_what_it_is() => ApiKeyFormat.IsWellFormed("ts_live_0000000000000000000000000000000000000000000" + KnownChecksum).ShouldBeTrue();

    [Fact]
    public void A_revoked_key_is_invalid_and_not_merely_expired()
    {
        var refusal = Refused(new World().With(AKey(2) with { RevokedAt = Now.AddDays(-1), ExpiresAt = Now.AddDays(-1) }).Call(), 401, "INVALID_API_KEY");
        refusal.Message.ShouldBe("Invalid or revoked TokenSense API key.");
        refusal.Reason.ShouldBeNull();
    }

    [Fact]
    public void A_rotated_secret_works_until_its_overlap_ends_and_the_new_one_goes_on()
    {
        var world = new World().With(AKey(2) with { Secrets = [new(Hash(OlderSecret), Now.AddHours(1)), new(Hash(Secret), null)] });
        world.Call(secret: OlderSecret, now: Now.AddHours(1).AddTicks(-1)).IsAllowed.ShouldBeTrue();
        Refused(world.Call(secret: OlderSecret, now: Now.AddHours(1)), 401, "INVALID_API_KEY");
        world.Call(now: Now.AddHours(1)).IsAllowed.ShouldBeTrue();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(90)]
    public void A_secret_that_ended_does_not_open_the_key_that_still_lists_it(int daysAgo)
    {
        var world = new World().With(AKey(2) with { Secrets = [new(Hash(Secret), null), new(Hash(OlderSecret), Now.AddDays(-daysAgo))] });
        Refused(world.Call(secret: OlderSecret), 401, "INVALID_API_KEY");
        world.Call().IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public void A_secret_that_its_key_no_longer_lists_is_unknown()
    {
        var world = new World().With(AKey(2) with { Secrets = [new(Hash(OlderSecret), null)] });
        world.Enforcer.Knows(Hash256.Of(Secret)).ShouldBeFalse();
        Refused(world.Call(), 401, "INVALID_API_KEY");
    }

    [Fact]
    public void A_key_expires_at_the_very_moment_and_says_when()
    {
        var world = new World().With(AKey(2) with { ExpiresAt = Now });
        world.Call(now: Now.AddTicks(-1)).IsAllowed.ShouldBeTrue();
        Refused(world.Call(), 401, "API_KEY_EXPIRED").ExpiredAt.ShouldBe(Now);
    }

    [Fact]
    public void The_keys_of_an_archived_project_stop_working_and_work_again_after_it_returns()
    {
        var world = new World().With(AProject(Project, "alpha", 2) with { ArchivedAt = Now });
        Refused(world.Call(), 401, "INVALID_API_KEY").Reason.ShouldBe("project_archived");
        world.With(AProject(Project, "alpha", 3)).Call().IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public void The_keys_of_a_deleted_workspace_stop_working() =>
        Refused(new World().With(AWorkspace(2) with { DeletedAt = Now }).Call(), 401, "INVALID_API_KEY").Reason.ShouldBe("workspace_deleted");

    [Fact]
    public void A_key_that_may_only_report_cannot_call() =>
        Refused(new World().With(AKey(2) with { Scopes = ["report"] }).Call(), 401, "INVALID_API_KEY").Reason.ShouldBe("scope");

    [Fact]
    public void A_key_that_arrived_before_its_workspace_is_told_to_retry()
    {
        var enforcer = new Enforcer();
        enforcer.Load(new() { Epoch = 1, CompleteTo = Now, Workspaces = [], Projects = [], Keys = [AKey()], Spend = [] });
        Refused(enforcer.Decide(Secret, null, Now), 503, "BUDGET_CHECK_UNAVAILABLE");
    }

    // CRC-32 by another implementation (zlib).
    private const string KnownChecksum = "2sihX2";

    internal static Refusal Refused(Decision decision, int status, string code)
    {
        var refusal = decision.Refusal.ShouldNotBeNull();
        (refusal.Status, refusal.Code).ShouldBe((status, code));
        return refusal;
    }
}
