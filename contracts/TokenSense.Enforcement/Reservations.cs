using System.Diagnostics.Metrics;
using TokenSense.Contracts;

namespace TokenSense.Enforcement;

/// <param name="SettleWaitMax">How long a call waits while those under way may use up the budget (product decision 5).</param>
/// <param name="WaitersMax">More calls than this do not wait.</param>
public sealed record ReservationLimits(TimeSpan SettleWaitMax, int WaitersMax = 4_096)
{
    public static readonly ReservationLimits Default = new(TimeSpan.FromSeconds(5));
}

/// <summary>Admits calls so that what is under way counts: of a gateway's own calls, at most one passes a budget, and the estimates of the rest err.</summary>
/// <remarks>
/// A call fits if spend, what this run has under way or unsettled, and its own estimate stay within every blocking budget; or if nothing of this
/// run is outstanding there, because then there is nothing to wait for. Otherwise it waits. It takes the workspace's lock for a few additions.
/// </remarks>
public sealed class Reservations(Enforcer enforcer, KeyArrival keys, TimeProvider clock, ReservationLimits? limits = null)
{
    private static readonly Meter Meter = new("TokenSense");
    private static readonly Counter<long> Waited = Meter.CreateCounter<long>("tokensense.enforcement.waited");
    private readonly ReservationLimits _limits = limits ?? ReservationLimits.Default;
    private readonly Enforcer _counting = enforcer.Policy.Run is not null
        ? enforcer : throw new ArgumentException("Only an enforcer whose policy names its run can tell its own usage.", nameof(enforcer));
    private int _waiting;

    /// <summary>Decides, and counts the call as under way where it may go.</summary>
    /// <param name="secret">As presented.</param>
    /// <param name="project">The project that the request names, by slug or id.</param>
    /// <param name="estimateUsd">What the call may cost.</param>
    /// <param name="ct">The caller left.</param>
    /// <returns>With a reservation exactly where allowed: end it, whatever happens.</returns>
    public async ValueTask<(Decision Decision, Reservation? Reservation)> Reserve(string secret, string? project, decimal estimateUsd, CancellationToken ct)
    {
        var decision = await keys.Decide(secret, project, ct);
        if (!decision.IsAllowed) return (decision, null);
        if (TryReserve(decision, estimateUsd, out var reservation, out var moved) is { } refusal) return (Decision.Refused(refusal, decision.KeyId), null);
        if (reservation is not null) return (decision, reservation);

        var since = clock.GetTimestamp();
        if (Interlocked.Increment(ref _waiting) > _limits.WaitersMax) moved = null;
        Waited.Add(1);
        try
        {
            while (moved is not null && _limits.SettleWaitMax - clock.GetElapsedTime(since) is { Ticks: > 0 } left)
            {
                try { await moved.WaitAsync(left, clock, ct); }
                catch (TimeoutException) { break; }
                decision = _counting.Decide(secret, project, clock.GetUtcNow());
                if (!decision.IsAllowed) return (decision, null);
                if (TryReserve(decision, estimateUsd, out reservation, out moved) is { } refused) return (Decision.Refused(refused, decision.KeyId), null);
                if (reservation is not null) return (decision, reservation);
            }
            return (Decision.Refused(Refusal.BudgetSettling, decision.KeyId), null);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <returns>Why not; null: reserved, or wait until <paramref name="moved"/>.</returns>
    private Refusal? TryReserve(in Decision call, decimal estimateUsd, out Reservation? reservation, out Task? moved)
    {
        (reservation, moved) = (null, null);
        var (workspace, project, key) = call.Entries!.Value;
        var now = clock.GetUtcNow();
        var period = call.Workspace?.Period ?? call.Project?.Period ?? call.Key?.Period ?? workspace.State!.Calendar.PeriodOf(now);
        lock (workspace.Flights)
        {
            var own = workspace.Spend.Own.OfOrNew(call.Workspace?.Period ?? period);
            var ownProject = project?.Spend.Own.OfOrNew(call.Project?.Period ?? period);
            var ownKey = key.Spend.Own.OfOrNew(call.Key?.Period ?? period);
            var failOpen = enforcer.Policy.FailOpen;
            if (!failOpen && (IsOverdue(own, call.Workspace, now) || IsOverdue(ownProject, call.Project, now) || IsOverdue(ownKey, call.Key, now)))
                return Refusal.BudgetCheckUnavailable;
            if (!(failOpen && enforcer.IsStale(now))
                && (!Fits(own, call.Workspace, estimateUsd) || !Fits(ownProject, call.Project, estimateUsd) || !Fits(ownKey, call.Key, estimateUsd)))
            {
                moved = workspace.Moved;
                return null;
            }
            reservation = new(enforcer, workspace, own, ownProject, ownKey, estimateUsd, now, clock);
            return null;
        }
    }

    private static bool Fits(OwnUsage? own, ScopeBudget? budget, decimal estimateUsd)
    {
        if (own is null || budget is not { Blocks: true }) return true;
        var outstanding = own.OutstandingUsd(budget.OwnIncludedUsd);
        return outstanding == 0 || budget.SpentUsd + outstanding + estimateUsd <= budget.BudgetUsd;
    }

    // Law 11: usage of one's own that is not included for so long means that what is known is too old. It is never forgotten: the cap would open.
    private bool IsOverdue(OwnUsage? own, ScopeBudget? budget, DateTimeOffset now)
    {
        if (own is null || budget is not { Blocks: true }) return false;
        // It may have been included before it was counted here, or refused since.
        own.Include(budget.OwnIncludedUsd);
        return own.WaitingSince is { } since && now - since > enforcer.Policy.MaxStaleness;
    }
}

/// <summary>A call under way, counted at its scopes by what it may cost until it ends, then by what it did until spend includes that.</summary>
public sealed class Reservation
{
    private readonly Enforcer _enforcer;
    private readonly WorkspaceEntry _workspace;
    private readonly OwnUsage _ownWorkspace, _ownKey;
    private readonly OwnUsage? _ownProject;
    private readonly decimal _estimateUsd;
    private readonly TimeProvider _clock;
    private decimal _costUsd;
    private bool _ended;

    internal Reservation(
        Enforcer enforcer, WorkspaceEntry workspace, OwnUsage ownWorkspace, OwnUsage? ownProject, OwnUsage ownKey, decimal estimateUsd,
        DateTimeOffset admittedAt, TimeProvider clock)
    {
        (_enforcer, _workspace, _estimateUsd, AdmittedAt, _clock) = (enforcer, workspace, estimateUsd, admittedAt, clock);
        (_ownWorkspace, _ownProject, _ownKey) = (ownWorkspace, ownProject, ownKey);
        _ownWorkspace.Begin(estimateUsd);
        _ownProject?.Begin(estimateUsd);
        _ownKey.Begin(estimateUsd);
    }

    /// <summary>What decides the month: its line's <see cref="UsageLine.Time"/>.</summary>
    public DateTimeOffset AdmittedAt { get; }

    /// <summary>The call ended and cost this. Only the first end counts.</summary>
    /// <param name="costUsd">As reported in its line.</param>
    /// <param name="lineId"><see cref="UsageLine.Id"/> of its line.</param>
    public void Settle(decimal costUsd, string lineId)
    {
        var now = _clock.GetUtcNow();
        lock (_workspace.Flights)
        {
            if (_ended) return;
            (_ended, _costUsd) = (true, costUsd);
            if (costUsd != 0) _enforcer.Unincluded[lineId] = this;
            _ownWorkspace.Settle(_estimateUsd, costUsd, lineId, now);
            _ownProject?.Settle(_estimateUsd, costUsd, lineId, now);
            _ownKey.Settle(_estimateUsd, costUsd, lineId, now);
            _workspace.Pulse();
        }
    }

    /// <summary>The call ended and cost nothing.</summary>
    public void Release()
    {
        lock (_workspace.Flights)
        {
            if (_ended) return;
            _ended = true;
            _ownWorkspace.GiveBack(_estimateUsd);
            _ownProject?.GiveBack(_estimateUsd);
            _ownKey.GiveBack(_estimateUsd);
            _workspace.Pulse();
        }
    }

    /// <summary>Its line was refused: spend will never include it.</summary>
    internal void WriteOff()
    {
        lock (_workspace.Flights)
        {
            _ownWorkspace.WriteOff(_costUsd);
            _ownProject?.WriteOff(_costUsd);
            _ownKey.WriteOff(_costUsd);
            _costUsd = 0;
            _workspace.Pulse();
        }
    }
}
