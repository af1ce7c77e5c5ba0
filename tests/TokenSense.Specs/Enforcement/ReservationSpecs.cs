using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using TokenSense.Contracts;
using TokenSense.Enforcement;
using Xunit;
using static TokenSense.Specs.Enforcement.World;

namespace TokenSense.Specs.Enforcement;

public sealed class ReservationSpecs
{
    private const string Own = "our-gateway";
    private static readonly GatewayRun Run = new(Own, Id(77));

    private readonly FakeTimeProvider _clock = new(Now);
    private readonly World _world;
    private readonly Reservations _reservations;

    public ReservationSpecs() : this(null) { }

    private ReservationSpecs(ReservationLimits? limits, EnforcementPolicy? policy = null)
    {
        _world = new(policy ?? new EnforcementPolicy(TimeSpan.FromSeconds(60), Run: Run));
        _reservations = new(_world.Enforcer, new KeyArrival(_world.Enforcer, _clock), _clock, limits);
    }

    [Fact]
    public async Task Calls_that_fit_together_go_together()
    {
        Budget(10);
        await Goes(4);
        await Goes(4);
        await Goes(2);
    }

    [Fact]
    public async Task A_call_that_would_pass_the_budget_with_those_under_way_waits_for_a_settlement()
    {
        Budget(10);
        var first = await Goes(8);
        var second = Reserve(8);
        second.IsCompleted.ShouldBeFalse();
        first.Settle(3, "1");
        Waits(8);
        Budget(10, spent: 2, version: 2, included: 2);
        // 2 spent, 1 settled but not included, and 8 are more than 10.
        Waits(8);
        Budget(10, spent: 2, version: 3, included: 3);
        (await Soon(second)).Reservation.ShouldNotBeNull();
    }

    [Fact]
    public async Task What_a_call_did_not_use_of_its_estimate_lets_the_next_go_at_once()
    {
        Budget(10);
        var first = await Goes(8);
        var second = Reserve(8);
        second.IsCompleted.ShouldBeFalse();
        first.Settle(2, "1");
        (await Soon(second)).Reservation.ShouldNotBeNull();
    }

    [Fact]
    public async Task No_more_calls_wait_than_may()
    {
        var few = new ReservationSpecs(new ReservationLimits(TimeSpan.FromSeconds(5), WaitersMax: 1));
        few.Budget(10);
        await few.Goes(8);
        // The one that left has made room.
        for (var n = 0; n < 2; n++)
        {
            var waits = few.Reserve(8);
            waits.IsCompleted.ShouldBeFalse();
            few.Reserve(8).IsCompleted.ShouldBeTrue();
            few._clock.Advance(TimeSpan.FromSeconds(6));
            await few.Soon(waits);
        }
    }

    [Fact]
    public async Task Where_the_operator_lets_calls_pass_on_what_was_last_known_none_waits_once_that_is_too_old()
    {
        var open = new ReservationSpecs(null, new EnforcementPolicy(TimeSpan.FromSeconds(60), FailOpen: true, Run: Run));
        open.Budget(10);
        await open.Goes(8);
        open.Waits(8);
        open._clock.Advance(TimeSpan.FromSeconds(61));
        await open.Goes(8);
    }

    [Fact]
    public async Task A_call_alone_goes_however_large_it_is_while_spend_is_below_the_budget()
    {
        Budget(10, spent: 9.99m);
        var alone = await Goes(1_000);
        var next = Reserve(0.000001m);
        next.IsCompleted.ShouldBeFalse();
        alone.Release();
        (await Soon(next)).Reservation.ShouldNotBeNull();
    }

    [Fact]
    public async Task One_that_waited_in_vain_is_told_to_come_again_and_not_that_the_budget_is_used_up()
    {
        Budget(10);
        await Goes(8);
        var second = Reserve(8);
        _clock.Advance(TimeSpan.FromSeconds(4.9));
        second.IsCompleted.ShouldBeFalse();
        _clock.Advance(TimeSpan.FromSeconds(0.2));
        var refusal = (await Soon(second)).Decision.Refusal.ShouldNotBeNull();
        (refusal.Status, refusal.Code, refusal.RetryAfterSeconds).ShouldBe((429, "BUDGET_SETTLING", 1));
    }

    [Fact]
    public async Task One_that_waits_is_refused_as_soon_as_spend_has_reached_the_budget()
    {
        Budget(10);
        var first = await Goes(8);
        var second = Reserve(8);
        first.Settle(10, "1");
        Budget(10, spent: 10, version: 2, included: 10);
        (await Soon(second)).Decision.Refusal!.Code.ShouldBe("BUDGET_EXCEEDED");
    }

    [Theory]
    [InlineData("workspace")]
    [InlineData("project")]
    [InlineData("key")]
    public async Task Every_level_holds(string scope)
    {
        Budget(10, scope: scope);
        await Goes(8);
        Reserve(8).IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_budget_that_only_alerts_holds_nobody_up()
    {
        _world.With(Spend("workspace", 0, 10, "alert"));
        Beat();
        for (var i = 0; i < 100; i++) await Goes(8);
    }

    [Fact]
    public async Task What_ended_before_its_budget_was_set_counts_against_it_until_it_is_included()
    {
        Beat();
        (await Goes(8)).Settle(8, "1");
        Budget(10);
        var next = Reserve(3);
        next.IsCompleted.ShouldBeFalse();
        Budget(10, spent: 6, version: 2, included: 8);
        (await Soon(next)).Reservation.ShouldNotBeNull();
    }

    [Fact]
    public async Task What_is_said_of_another_gateway_or_another_run_says_nothing_of_this()
    {
        Budget(10);
        (await Goes(8)).Settle(8, "1");
        var next = Reserve(3);
        _world.With(Spend("workspace", 5, 10, version: 2) with
        {
            Included =
            [
                new() { Gateway = Own, Epoch = Id(78), Lines = 9, CostUsd = 100 },
                new() { Gateway = "another", Epoch = Run.Epoch, Lines = 9, CostUsd = 100 },
            ],
        });
        Waits(3);
        next.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task What_is_included_in_one_month_says_nothing_of_the_next()
    {
        Budget(10);
        (await Goes(8)).Settle(8, "1");
        Budget(10, spent: 8, version: 2, included: 8);
        Later(At("2026-12-01T00:00:01Z") - Now);
        (await Goes(8)).Settle(8, "2");
        _world.With(Spend("workspace", 0, 10, period: "2026-12"));
        Reserve(3).IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task What_is_included_or_cost_nothing_is_waited_for_no_longer()
    {
        Budget(10);
        (await Goes(1)).Settle(1, "1");
        Budget(10, spent: 1, version: 2, included: 1);
        (await Goes(1)).Settle(0, "2");
        _world.Enforcer.Unincluded.ShouldBeEmpty();
        Later(TimeSpan.FromSeconds(61));
        await Goes(1);
    }

    [Fact]
    public async Task A_state_that_says_nothing_of_this_run_leaves_standing_what_was_said()
    {
        Budget(10);
        (await Goes(8)).Settle(6, "1");
        Budget(10, spent: 6, version: 2, included: 6);
        _world.With(Spend("workspace", 6, 10, version: 3));
        await Goes(2);
        Reserve(3).IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task What_a_repeated_or_overtaken_state_says_more_of_this_run_is_taken()
    {
        Budget(10, version: 5);
        (await Goes(8)).Settle(8, "1");
        _world.With(Spend("workspace", 8, 10, version: 7));
        var next = Reserve(2);
        next.IsCompleted.ShouldBeFalse();
        Budget(10, spent: 8, version: 7, included: 6);
        Waits(2);
        Budget(10, spent: 8, version: 6, included: 8);
        (await Soon(next)).Reservation.ShouldNotBeNull();
        Budget(10, spent: 8, version: 8, included: 1);
        Reserve(0.01m).IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_line_that_metering_refused_is_waited_for_no_longer()
    {
        Budget(10);
        (await Goes(8)).Settle(8, "bad");
        var next = Reserve(9);
        _world.With(Rejected("another", "bad"), Rejected(Own, "unknown"));
        Waits(9);
        _world.With(Rejected(Own, "bad"), Rejected(Own, "bad"));
        var good = (await Soon(next)).Reservation.ShouldNotBeNull();
        Waits(9);
        // Told twice, it was written off once.
        good.Settle(8, "good");
        Waits(3);
    }

    [Fact]
    public async Task Only_the_first_end_of_a_call_counts()
    {
        Budget(10);
        var call = await Goes(8);
        call.Settle(5, "1");
        call.Release();
        call.Settle(5, "1");
        await Goes(5);
        Reserve(0.01m).IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Usage_that_is_not_included_for_longer_than_may_be_makes_the_budget_uncheckable_until_it_is()
    {
        Budget(10);
        (await Goes(1)).Settle(1, "late");
        Later(TimeSpan.FromSeconds(61));
        (await Soon(Reserve(1))).Decision.Refusal!.Code.ShouldBe("BUDGET_CHECK_UNAVAILABLE");
        Later(TimeSpan.FromDays(1));
        (await Soon(Reserve(1))).Decision.Refusal!.Code.ShouldBe("BUDGET_CHECK_UNAVAILABLE");
        Budget(10, spent: 1, version: 2, included: 1);
        await Goes(1);
    }

    [Fact]
    public async Task An_operator_who_chose_open_is_not_stopped_by_usage_that_is_late()
    {
        var open = new ReservationSpecs(null, new EnforcementPolicy(TimeSpan.FromSeconds(60), FailOpen: true, Run: Run));
        open.Budget(10);
        (await open.Goes(1)).Settle(1, "late");
        open.Later(TimeSpan.FromSeconds(61));
        await open.Goes(1);
    }

    [Fact]
    public async Task A_refused_line_holds_up_nobody_however_quiet_it_is_afterwards()
    {
        Budget(10);
        (await Goes(1)).Settle(1, "bad");
        _world.With(Rejected(Own, "bad"));
        Later(TimeSpan.FromMinutes(5));
        await Goes(1);
    }

    [Fact]
    public async Task A_state_that_includes_a_call_before_it_is_counted_here_holds_up_nobody()
    {
        Budget(10);
        var call = await Goes(1);
        Budget(10, spent: 1, version: 2, included: 1);
        call.Settle(1, "early");
        Later(TimeSpan.FromMinutes(5));
        await Goes(9);
    }

    [Fact]
    public async Task A_refusal_is_found_though_the_sum_of_later_lines_has_passed_it()
    {
        Budget(10);
        (await Goes(1)).Settle(0.001m, "bad");
        (await Goes(1)).Settle(0.10m, "good");
        Budget(10, spent: 0.10m, version: 2, included: 0.10m);
        _world.With(Rejected(Own, "bad"));
        Later(TimeSpan.FromMinutes(5));
        await Goes(9.90m);
    }

    [Fact]
    public async Task After_a_restore_of_the_budgets_what_was_lost_of_it_counts_as_outstanding_again()
    {
        Budget(100);
        (await Goes(50)).Settle(50, "1");
        Budget(100, spent: 50, version: 9, included: 50);
        _world.With(Spend("workspace", 20, 100, version: 3, epoch: 2) with
        {
            Included = [new() { Gateway = Own, Epoch = Run.Epoch, Lines = 1, CostUsd = 20 }],
        });
        Reserve(60).IsCompleted.ShouldBeFalse();
        await Goes(50);
    }

    [Fact]
    public async Task Until_what_an_earlier_run_left_is_included_keys_under_a_budget_wait()
    {
        Budget(10);
        _world.Enforcer.RequireCompleteTo(Now.AddSeconds(1));
        (await Soon(Reserve(1))).Decision.Refusal!.Code.ShouldBe("BUDGET_CHECK_UNAVAILABLE");
        Later(TimeSpan.FromSeconds(1));
        await Goes(1);
    }

    [Fact]
    public async Task A_call_of_the_last_month_that_ends_in_this_one_burdens_the_last()
    {
        Budget(10);
        var call = await Goes(8);
        Later(At("2026-12-01T00:00:01Z") - Now);
        call.Settle(8, "1");
        await Goes(8);
    }

    [Fact]
    public async Task A_caller_that_leaves_while_it_waits_leaves_nothing_behind()
    {
        Budget(10);
        await Goes(8);
        using var left = new CancellationTokenSource();
        var waiting = _reservations.Reserve(Secret, null, 8, left.Token).AsTask();
        await left.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);
        await Goes(2);
    }

    /// <summary>Whatever the order of ends, settlements and states: what goes never passes the budget by more than one call's error.</summary>
    [Fact]
    public void In_any_history_at_most_one_call_passes_the_budget() =>
        Gen.Select(Gen.Int[1, 60], Gen.Int[0, 3]).Array[1, 80].Sample(steps =>
        {
            // Waiting takes next to no time, so that nothing grows too old.
            var history = new ReservationSpecs(new ReservationLimits(TimeSpan.FromMilliseconds(1)));
            history.Budget(100);
            var (open, settled, spent, included, version, id) = (new List<(Reservation Call, int Estimate)>(), 0m, 0m, 0m, 1L, 0);
            foreach (var (amount, kind) in steps)
                switch (kind)
                {
                    case 0 when open.Count > 0:
                        // A call costs what was estimated, or less.
                        var (call, estimate) = open[amount % open.Count];
                        open.RemoveAt(amount % open.Count);
                        if (amount % 5 == 0) call.Release();
                        else { var cost = estimate - amount % 3 * 0.25m; call.Settle(cost, $"{id++}"); settled += cost; }
                        break;
                    case 1:
                        (spent, included) = (settled, settled);
                        history.Budget(100, spent: spent, version: ++version, included: included);
                        break;
                    default:
                        var asked = history.Reserve(amount);
                        var outstanding = settled + open.Sum(o => o.Estimate);
                        var alone = open.Count == 0 && settled == included;
                        var fits = spent < 100 && (alone || outstanding + amount <= 100);
                        asked.IsCompletedSuccessfully.ShouldBe(fits || spent >= 100);
                        if (fits) open.Add((asked.Result.Reservation!, amount));
                        else if (!asked.IsCompleted) { history._clock.Advance(TimeSpan.FromMilliseconds(2)); history.Soon(asked).GetAwaiter().GetResult().Reservation.ShouldBeNull(); }
                        break;
                }
        }, iter: 2_000);

    private void Budget(decimal amount, decimal spent = 0, string scope = "workspace", long version = 1, decimal? included = null)
    {
        Beat();
        _world.With(Spend(scope, spent, amount, version: version) with
        {
            Included = included is { } usd ? [new() { Gateway = Own, Epoch = Run.Epoch, Lines = 1, CostUsd = usd }] : [],
        });
    }

    private static UsageRejected Rejected(string gateway, string id) =>
        new() { GatewayId = gateway, Index = 0, Id = id, Status = "rejected", Code = "INVALID_LINE", Message = "" };

    private void Beat() => _world.With(new BudgetsHeartbeat { Epoch = 1, CompleteTo = _clock.GetUtcNow() });

    private void Later(TimeSpan by)
    {
        _clock.Advance(by);
        Beat();
    }

    private Task<(Decision Decision, Reservation? Reservation)> Reserve(decimal estimateUsd) =>
        _reservations.Reserve(Secret, null, estimateUsd, TestContext.Current.CancellationToken).AsTask();

    // Asked anew: one that waits already would not have been told yet.
    private void Waits(decimal estimateUsd)
    {
        using var left = new CancellationTokenSource();
        _reservations.Reserve(Secret, null, estimateUsd, left.Token).IsCompleted.ShouldBeFalse();
        left.Cancel();
    }

    private async Task<Reservation> Goes(decimal estimateUsd)
    {
        var (decision, reservation) = await Soon(Reserve(estimateUsd));
        decision.Refusal.ShouldBeNull();
        return reservation.ShouldNotBeNull();
    }

    private async Task<T> Soon<T>(Task<T> task) => await task.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System);
}
