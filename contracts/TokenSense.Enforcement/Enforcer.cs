using System.Collections.Concurrent;
using System.Collections.Frozen;
using TokenSense.Contracts;

namespace TokenSense.Enforcement;

/// <param name="MaxStaleness">How old what is known may be; older, calls under a blocking budget are refused (product decision 19).</param>
/// <param name="FailOpen">The operator's choice to let them pass on the last known state instead.</param>
/// <param name="Run">Who this gateway is, where it counts its own usage: see <see cref="Reservations"/>.</param>
public sealed record EnforcementPolicy(TimeSpan MaxStaleness, bool FailOpen = false, GatewayRun? Run = null)
{
    public static readonly EnforcementPolicy Default = new(TimeSpan.FromSeconds(60));
}

/// <summary>One run of a gateway: its own usage is what it reported under this name and <see cref="UsageLine.GatewayEpoch"/>.</summary>
/// <param name="GatewayId">The name of its credential.</param>
/// <param name="Epoch">Fresh at every start.</param>
public sealed record GatewayRun(string GatewayId, Guid Epoch);

/// <summary>Decides from memory whether an API key may spend: no lock, no I/O, and nothing allocated for a call that is allowed.</summary>
/// <remarks>Feed it with <see cref="EnforcementFeed"/>, or apply messages in any order, any number of times: the outcome is the same.</remarks>
public sealed class Enforcer(EnforcementPolicy? policy = null)
{
    private readonly EnforcementPolicy _policy = policy ?? EnforcementPolicy.Default;
    private readonly Known _known = new((policy ?? EnforcementPolicy.Default).Run);
    private readonly Lock _hearing = new();
    private volatile Heard _heard = Heard.Nothing;
    private long _knowsFromTicks;
    private volatile FrozenSet<Guid>? _limitedTo;

    /// <summary>Everything that Budgets decided by then is known here; null before the first snapshot.</summary>
    public DateTimeOffset? CompleteTo => _heard.CompleteTo;

    /// <summary>Of the newest snapshot; null before the first.</summary>
    public long? Epoch => _heard.Epoch;

    /// <summary>The messages so far; see <see cref="Load"/>.</summary>
    public long Arrivals => _known.Arrivals;

    public bool IsStale(DateTimeOffset now) =>
        _heard.CompleteTo is not { } to || now - to > _policy.MaxStaleness || to.UtcTicks < Volatile.Read(ref _knowsFromTicks);

    /// <summary>What is known counts as too old until it is complete to then: usage of an earlier run is still on its way into it.</summary>
    public void RequireCompleteTo(DateTimeOffset time) => Volatile.Write(ref _knowsFromTicks, time.UtcTicks);

    internal EnforcementPolicy Policy => _policy;

    internal ConcurrentDictionary<string, Reservation> Unincluded => _known.Unincluded;

    public bool Knows(in Hash256 key) => _known.Key(key) is not null;

    /// <param name="secret">As presented; a malformed one is refused without a look-up.</param>
    /// <param name="project">The project that the request names, by slug or id.</param>
    public Decision Decide(ReadOnlySpan<char> secret, string? project, DateTimeOffset now) =>
        ApiKeyFormat.IsWellFormed(secret) ? Decide(Hash256.Of(secret), project, now) : Decision.Refused(Refusal.InvalidApiKey);

    public Decision Decide(in Hash256 key, string? project, DateTimeOffset now)
    {
        if (_heard.Epoch is null) return Decision.Refused(Refusal.BudgetCheckUnavailable);
        if (_known.Key(key) is not { State: { } state } entry || !Opens(state, key, now)) return Decision.Refused(Refusal.InvalidApiKey);
        if (_limitedTo is { } served && !served.Contains(state.Workspace.Id)) return Decision.Refused(Refusal.InvalidApiKey);
        // A key can arrive before what it belongs to.
        if (state.Workspace.State is not { } workspace) return Decision.Refused(Refusal.BudgetCheckUnavailable);
        if (workspace.Change.DeletedAt is not null) return Decision.Refused(Refusal.WorkspaceDeleted);
        if (state.Project is { State: null }) return Decision.Refused(Refusal.BudgetCheckUnavailable);
        if (state.Project is { State.ArchivedAt: not null }) return Decision.Refused(Refusal.ProjectArchived);
        if (!state.MayCall) return Decision.Refused(Refusal.ScopeMissing);
        if (state.ExpiresAt <= now) return Decision.Refused(Refusal.Expired(state.ExpiresAt.Value));

        var counted = state.Project;
        if (!string.IsNullOrEmpty(project))
        {
            var named = _known.Project(state.Workspace, project);
            if (counted is not null && named != counted) return Decision.Refused(Refusal.ProjectMismatch);
            if (named is not { State.ArchivedAt: null }) return Decision.Refused(Refusal.ProjectUnknown);
            counted = named;
        }
        return Decide(
            Decision.Allowed(state.Workspace, counted, entry,
                state.Workspace.Spend.At(now, workspace.Calendar), counted?.Spend.At(now, workspace.Calendar), entry.Spend.At(now, workspace.Calendar)),
            mustBeFresh: !_policy.FailOpen && IsStale(now));
    }

    public void Apply(WorkspaceChanged change) => _known.Apply(change);
    public void Apply(ProjectChanged change) => _known.Apply(change);
    public void Apply(ApiKeyChanged change) => _known.Apply(change);
    public void Apply(PricesChanged change) => _known.Apply(change);

    /// <summary>The workspace's own prices; null: it has none. They decide nothing here: they are for who prices its calls.</summary>
    public PricesChanged? PricesOf(Guid workspaceId) => _known.PricesOf(workspaceId);

    /// <exception cref="FormatException">It makes no sense; nothing was changed.</exception>
    public void Apply(SpendChanged change) => _known.Apply(change);

    /// <summary>A line of this run that does not count, and so will never be included.</summary>
    public void Apply(UsageRejected rejected)
    {
        if (_policy.Run is { } run && rejected.GatewayId == run.GatewayId && rejected.Id is { } id && Unincluded.TryGetValue(id, out var line)) line.WriteOff();
    }

    /// <remarks>Only for one who has missed nothing since the last snapshot: it says that all was sent, not that all was received.</remarks>
    public void Apply(BudgetsHeartbeat beat) => Hear(held => held.And(beat));

    /// <summary>Merges a snapshot: newer states replace older ones, and a newer epoch replaces all spend.</summary>
    /// <param name="snapshot">As read.</param>
    /// <param name="askedAfter">
    /// <see cref="Arrivals"/> from before the snapshot was asked for: a scope that it lacks, and of which nothing came since, has neither budget nor
    /// spend. By default nothing is dropped.
    /// </param>
    /// <returns>What could not be understood and was left out.</returns>
    public int Load(EnforcementSnapshot snapshot, long askedAfter = 0)
    {
        var skipped = 0;
        foreach (var workspace in snapshot.Workspaces) Try(() => Apply(workspace));
        foreach (var project in snapshot.Projects) Try(() => Apply(project));
        foreach (var key in snapshot.Keys) Try(() => Apply(key));
        foreach (var spend in snapshot.Spend) Try(() => Apply(spend));
        foreach (var prices in snapshot.Prices) Try(() => Apply(prices));
        _known.DropSpend(snapshot, askedAfter);
        _limitedTo = snapshot.LimitedTo?.ToFrozenSet();
        Hear(held => held.And(snapshot));
        return skipped;

        void Try(Action apply)
        {
            try { apply(); }
            // An unknown zone, a senseless hash, an amount without bounds, a null: none of them may keep the rest out.
            catch (Exception) { skipped++; }
        }
    }

    private static bool Opens(KeyState key, in Hash256 hash, DateTimeOffset now)
    {
        if (key.IsRevoked) return false;
        foreach (ref readonly var secret in key.Secrets.AsSpan())
            if (secret.Hash == hash) return secret.ValidUntil is null || secret.ValidUntil > now;
        return false;
    }

    private static Decision Decide(Decision call, bool mustBeFresh)
    {
        var (blocks, exhausted) = (false, false);
        Ask(call.Workspace);
        Ask(call.Project);
        Ask(call.Key);
        if (blocks && mustBeFresh) return Decision.Refused(Refusal.BudgetCheckUnavailable, call.KeyId);
        return exhausted ? Decision.Refused(Refusal.BudgetExceeded([.. Exhausted(call)]), call.KeyId) : call;

        void Ask(ScopeBudget? budget)
        {
            if (budget is not { Blocks: true }) return;
            blocks = true;
            exhausted |= budget.IsExhausted;
        }
    }

    private static IEnumerable<ScopeBudget> Exhausted(Decision call) =>
        new[] { call.Workspace, call.Project, call.Key }.OfType<ScopeBudget>().Where(b => b is { Blocks: true, IsExhausted: true });

    private void Hear(Func<Heard, Heard> hear)
    {
        lock (_hearing) _heard = hear(_heard);
    }

    /// <summary>How far what is known reaches: the newest snapshot and the newest heartbeat, each by epoch, then time.</summary>
    private sealed record Heard(long? Epoch, DateTimeOffset SnapshotTo, long BeatEpoch, DateTimeOffset BeatTo)
    {
        public static readonly Heard Nothing = new(null, default, long.MinValue, default);

        // A heartbeat of an epoch whose snapshot was not read yet promises nothing.
        public DateTimeOffset? CompleteTo { get; } = Epoch is null ? null : BeatEpoch == Epoch && BeatTo > SnapshotTo ? BeatTo : SnapshotTo;

        public Heard And(EnforcementSnapshot s) =>
            Epoch is { } epoch && (s.Epoch, s.CompleteTo).CompareTo((epoch, SnapshotTo)) <= 0 ? this : new(s.Epoch, s.CompleteTo, BeatEpoch, BeatTo);

        public Heard And(BudgetsHeartbeat b) =>
            (b.Epoch, b.CompleteTo).CompareTo((BeatEpoch, BeatTo)) <= 0 ? this : new(Epoch, SnapshotTo, b.Epoch, b.CompleteTo);
    }
}
