using CsCheck;
using Shouldly;
using TokenSense.Contracts;
using TokenSense.Enforcement;
using Xunit;
using static TokenSense.Specs.Enforcement.World;

namespace TokenSense.Specs.Enforcement;

/// <summary>Order is not promised on the bus: whatever comes late, twice or first, all gateways end up deciding alike.</summary>
public sealed class ConvergenceSpecs
{
    private static readonly string[] Months = ["2026-10", "2026-11", "2026-12", "2027-01"];
    private static readonly string[] Secrets = [.. "abcd".Select(Make)];
    private static readonly Guid[] Projects = [Project, OtherProject, Id(5)], Keys = [Key, Id(6)];

    private static readonly DateTimeOffset[] Moments =
        [Now.AddMonths(-1), Now, Now.AddSeconds(90), At("2026-11-30T23:58:00Z"), At("2026-12-01T00:00:00Z"), At("2027-01-01T00:00:00Z"), At("2027-03-15T00:00:00Z")];

    // A state is decided by what it is the version of, as with the real ones: one version never says two things.
    private static readonly Gen<object> Messages = Gen.OneOf(
        Gen.Int[1, 4].Select(version => (object)(AWorkspace(version, new TimeZoneFrom(null, Pick(["UTC", "Asia/Tokyo", "America/New_York"], version))) with { Name = $"w{version}" })),
        Gen.Select(Gen.OneOfConst(Projects), Gen.Int[1, 4], (id, version) => (object)(AProject(id, Pick(["alpha", "beta", "gamma"], Mix(id, version)), version) with
        {
            Name = $"p{version}", ArchivedAt = Mix(id, version) % 5 == 0 ? Now : null,
        })),
        Gen.Select(Gen.OneOfConst(Keys), Gen.Int[1, 4], (id, version) => (object)(AKey(version) with
        {
            KeyId = id, Name = $"k{version}", ProjectId = Mix(id, version) % 2 == 0 ? null : Project, RevokedAt = Mix(id, version) % 7 == 0 ? Now : null,
            // Secrets are one key's alone.
            Secrets = [new(Hash(Secrets[id == Key ? 0 : 2]), version > 2 ? Now.AddSeconds(60) : null), .. version > 1 ? [new ApiKeySecret(Hash(Secrets[id == Key ? 1 : 3]), null)] : Array.Empty<ApiKeySecret>()],
        })),
        Spends(Gen.Long[1, 3]).Select(s => (object)s),
        Gen.Select(Gen.Long[1, 3], Gen.Int[0, 120], (epoch, second) => (object)new BudgetsHeartbeat { Epoch = epoch, CompleteTo = Now.AddSeconds(second) }),
        from epoch in Gen.Long[1, 3]
        from second in Gen.Int[0, 60]
        from spend in Spends(Gen.Const(epoch)).Array[0, 4]
        select (object)new EnforcementSnapshot { Epoch = epoch, CompleteTo = Now.AddSeconds(second), Workspaces = [AWorkspace(1, new TimeZoneFrom(null, "Asia/Tokyo")) with { Name = "w1" }], Projects = [], Keys = [], Spend = spend });

    [Fact]
    public void Any_order_and_any_repetition_of_the_same_messages_decide_alike() =>
        (from sent in Messages.Array[1, 25]
         from first in Gen.Shuffle(sent)
         from again in Gen.OneOfConst(sent).Array[0, 15]
         from second in Gen.Shuffle(sent.Concat(again).ToArray())
         select (first, second)).Sample(orders => Outcome(orders.second).ShouldBe(Outcome(orders.first)), iter: 2_000);

    [Fact]
    public void Early_states_of_the_next_month_change_nothing_before_it_begins() =>
        (from past in Spends(Gen.Const(1L), "2026-10").Array[0, 5]
         from present in Spends(Gen.Const(1L), "2026-11").Array[1, 10]
         from early in Spends(Gen.Const(1L), "2026-12").Array[1, 5]
         let known = present.Select(s => s.Scope).ToHashSet()
         let without = past.Concat(present).ToArray()
         from mixed in Gen.Shuffle(without.Concat(early.Where(s => known.Contains(s.Scope))).ToArray())
         select (without, mixed)).Sample(
            sent => InNovember(sent.mixed).ShouldBe(InNovember(sent.without)), iter: 2_000);

    [Fact]
    public void Repeated_and_overtaken_states_are_ignored()
    {
        var world = new World().With(Spend("workspace", 2, 100, version: 2), Spend("workspace", 1, 100, version: 1), Spend("workspace", 2, 100, version: 2));
        world.Call().Workspace!.SpentUsd.ShouldBe(2m);
    }

    [Fact]
    public void A_snapshot_does_not_step_back_behind_what_came_meanwhile()
    {
        var world = new World().With(Spend("workspace", 100, 100, version: 7), AKey(5) with { RevokedAt = Now });
        world.With(new EnforcementSnapshot { Epoch = 1, CompleteTo = Now, Workspaces = [], Projects = [], Keys = [AKey(4)], Spend = [Spend("workspace", 50, 100, version: 6)] });
        world.Call().Refusal!.Status.ShouldBe(401);
        world.With(AKey(6)).Call().Refusal!.Code.ShouldBe("BUDGET_EXCEEDED");
    }

    [Fact]
    public void A_newer_epoch_counts_anew_and_replaces_all_spend()
    {
        var world = new World().With(Spend("workspace", 100, 100, version: 99), Spend("key", 100, 100, version: 99));
        world.With(new EnforcementSnapshot { Epoch = 2, CompleteTo = Now, Workspaces = [], Projects = [], Keys = [], Spend = [Spend("workspace", 10, 100, version: 1, epoch: 2)] });
        world.With(Spend("key", 100, 100, version: 100), Spend("workspace", 100, 100, version: 100));
        var call = world.Call();
        (call.Workspace!.SpentUsd, call.Key).ShouldBe((10m, null));
    }

    [Fact]
    public void A_scope_that_the_snapshot_lacks_has_no_budget_unless_it_came_after_it_was_asked_for()
    {
        var world = new World().With(Spend("workspace", 0, 0));
        var askedAfter = world.Enforcer.Arrivals;
        world.With(Spend("key", 0, 0));
        world.Enforcer.Load(new() { Epoch = 1, CompleteTo = Now, Workspaces = [], Projects = [], Keys = [], Spend = [] }, askedAfter);
        world.Call().Refusal!.Exhausted.Select(b => b.Scope).ShouldBe(["key"]);
    }

    [Fact]
    public void A_scope_that_the_snapshot_merely_repeats_keeps_its_budget()
    {
        var world = new World().With(Spend("workspace", 0, 0));
        world.Enforcer.Load(
            new() { Epoch = 1, CompleteTo = Now, Workspaces = [], Projects = [], Keys = [], Spend = [Spend("workspace", 0, 0)] }, world.Enforcer.Arrivals);
        world.Call().Refusal!.Code.ShouldBe("BUDGET_EXCEEDED");
    }

    [Fact]
    public void One_senseless_entry_does_not_spoil_a_snapshot()
    {
        var world = new World();
        world.Enforcer.Load(new()
        {
            Epoch = 1, CompleteTo = Now, Projects = [], Workspaces = [AWorkspace(2, new TimeZoneFrom(null, "Moon/Base"))],
            Keys = [AKey(2) with { Secrets = [new("no hash", null)] }],
            Spend = [Spend("workspace", 1, 1) with { Period = "soon" }, Spend("galaxy", 1, 1), Spend("project", 1, decimal.MaxValue), null!, Spend("key", 1, 1)],
        }).ShouldBe(6);
        world.Call().Refusal!.Code.ShouldBe("KEY_BUDGET_EXCEEDED");
    }

    private static Gen<SpendChanged> Spends(Gen<long> epochs, params string[] months) =>
        from epoch in epochs
        from scope in Gen.OneOfConst("workspace", "project", "key")
        from period in Gen.OneOfConst(months.Length == 0 ? Months : months)
        from version in Gen.Long[1, 4]
        let mix = Mix(Workspace, version + (epoch * 5) + (Array.IndexOf(Months, period) * 17) + scope.Length)
        select Spend(scope, mix % 120, mix % 6 == 0 ? null : 100, mix % 4 == 0 ? "alert" : "block", period, version, epoch);

    private static string InNovember(IEnumerable<object> spend) =>
        Outcome(
            spend.Prepend(new EnforcementSnapshot { Epoch = 1, CompleteTo = Now, Workspaces = [AWorkspace()], Projects = [AProject(Project, "alpha")], Keys = [AKey()], Spend = [] })
                .Append(new BudgetsHeartbeat { Epoch = 1, CompleteTo = At("2026-11-30T23:58:00Z") }),
            Now, At("2026-11-30T23:58:00Z"), At("2026-11-30T23:59:59Z"));

    private static string Outcome(IEnumerable<object> messages, params DateTimeOffset[] moments)
    {
        var enforcer = new Enforcer();
        foreach (var message in messages) Apply(enforcer, message);
        return string.Join('\n',
            from now in moments.Length == 0 ? Moments : moments from secret in Secrets from project in new[] { null, "alpha", "beta", "gamma" }
            let call = enforcer.Decide(secret, project, now)
            select $"{now:O} {secret[8]} {project}: {call.Refusal?.Code} {call.Refusal?.Reason} {call.ProjectId} "
                + string.Join(' ', new[] { call.Workspace, call.Project, call.Key }.Concat(call.Refusal?.Exhausted ?? [])
                    .Select(b => $"[{b?.Scope} {b?.Name} {b?.Period} {b?.SpentUsd}/{b?.BudgetUsd} {b?.Mode} {b?.ResetsAt:O}]")));
    }

    private static T Pick<T>(T[] from, long by) => from[by % from.Length];

    private static long Mix(Guid id, long version) => (id.ToByteArray()[0] * 31L) + (version * 37);
}
