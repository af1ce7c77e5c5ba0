using System.Collections.Concurrent;
using TokenSense.Contracts;

namespace TokenSense.Enforcement;

/// <summary>All that has arrived about keys, projects, workspaces and their spend. Readers take no lock; writers take one.</summary>
/// <remarks>An entry is made by the first message that names it, whichever comes first; states are immutable and swapped whole.</remarks>
internal sealed class Known(GatewayRun? run)
{
    private readonly Lock _writing = new();
    private readonly ConcurrentDictionary<Hash256, KeyEntry> _byHash = new();
    private readonly ConcurrentDictionary<Guid, KeyEntry> _keys = new();
    private readonly ConcurrentDictionary<Guid, ProjectEntry> _projects = new();
    private readonly ConcurrentDictionary<Guid, WorkspaceEntry> _workspaces = new();
    private long _epoch;
    private long _arrivals;

    /// <summary>Lines of this run that ended and are not included in their workspace's spend yet, by id.</summary>
    public ConcurrentDictionary<string, Reservation> Unincluded { get; } = new(StringComparer.Ordinal);

    /// <summary>Counts what arrived; see <see cref="DropSpend"/>.</summary>
    public long Arrivals => Volatile.Read(ref _arrivals);

    public KeyEntry? Key(in Hash256 hash) => _byHash.GetValueOrDefault(hash);

    public ProjectEntry? Project(WorkspaceEntry workspace, string idOrSlug)
    {
        if (Guid.TryParse(idOrSlug, out var id) && _projects.TryGetValue(id, out var byId) && byId.State?.WorkspaceId == workspace.Id) return byId;
        return workspace.BySlug.GetValueOrDefault(idOrSlug);
    }

    public void Apply(WorkspaceChanged change)
    {
        // An unknown time zone throws here, before anything is touched.
        var state = new WorkspaceState(change, new PeriodCalendar(change.TimeZones));
        lock (_writing)
        {
            _arrivals++;
            var entry = Workspace(change.WorkspaceId);
            if (entry.State is { } held && change.Version <= held.Change.Version) return;
            entry.Spend.Name = change.Name;
            entry.State = state;
        }
    }

    public void Apply(ProjectChanged change)
    {
        lock (_writing)
        {
            _arrivals++;
            var entry = Project(change.ProjectId);
            var held = entry.State;
            if (held is not null && change.Version <= held.Version) return;
            entry.Spend.Name = change.Name;
            entry.State = change;
            if (held is not null && (held.Slug != change.Slug || held.WorkspaceId != change.WorkspaceId)) Elect(held.WorkspaceId, held.Slug);
            Elect(change.WorkspaceId, change.Slug, entry);
        }
    }

    public void Apply(ApiKeyChanged change)
    {
        var secrets = change.Secrets.Select(s => new KeySecret(Hash256.Parse(s.Sha256), s.ValidUntil)).ToArray();
        lock (_writing)
        {
            _arrivals++;
            var entry = _keys.GetOrAdd(change.KeyId, id => new(id));
            var held = entry.State;
            if (held is not null && change.Version <= held.Version) return;
            entry.Spend.Name = change.Name;
            entry.State = new(
                change.Version, change.RevokedAt is not null, change.ExpiresAt, change.Scopes.Contains("call"), secrets,
                Workspace(change.WorkspaceId), change.ProjectId is { } p ? Project(p) : null);
            foreach (var secret in secrets) _byHash[secret.Hash] = entry;
            foreach (var old in held?.Secrets ?? [])
                if (!secrets.Any(s => s.Hash == old.Hash)) _byHash.TryRemove(new(old.Hash, entry));
        }
    }

    public PricesChanged? PricesOf(Guid workspaceId) => _workspaces.GetValueOrDefault(workspaceId)?.Prices;

    public void Apply(PricesChanged change)
    {
        lock (_writing)
        {
            _arrivals++;
            var entry = Workspace(change.WorkspaceId);
            if (entry.Prices is not { } held || change.Version > held.Version) entry.Prices = change;
        }
    }

    public void Apply(SpendChanged change)
    {
        if (!PeriodCalendar.IsPeriod(change.Period)) throw new FormatException($"The period {change.Period} is not a month.");
        lock (_writing)
        {
            _arrivals++;
            if (change.Epoch < _epoch) return;
            var spend = change.Scope switch
            {
                Scopes.Workspace => Workspace(change.ScopeId).Spend,
                Scopes.Project => Project(change.ScopeId).Spend,
                Scopes.Key => _keys.GetOrAdd(change.ScopeId, id => new(id)).Spend,
                _ => throw new FormatException($"The scope {change.Scope} is not known."),
            };
            if (!spend.Replace(change, run, _arrivals) || run is null) return;
            var workspace = Workspace(change.WorkspaceId);
            lock (workspace.Flights)
            {
                spend.Own.Of(change.Period)?.Include(spend.OwnIncludedUsd(change.Period));
                workspace.Pulse();
            }
        }
    }

    /// <summary>A whole picture of this epoch was read: what an earlier epoch said is void, and so is what the picture lacks.</summary>
    /// <param name="before">Only what arrived up to here is missed in the picture: the rest may be newer than it.</param>
    public void DropSpend(EnforcementSnapshot picture, long before)
    {
        var listed = picture.Spend.OfType<SpendChanged>().Select(s => s.ScopeId).ToHashSet();
        lock (_writing)
        {
            if (picture.Epoch < _epoch) return;
            _epoch = picture.Epoch;
            var all = _workspaces.Values.Select(w => (w.Id, w.Spend))
                .Concat(_projects.Values.Select(p => (p.Id, p.Spend))).Concat(_keys.Values.Select(k => (k.Id, k.Spend)));
            foreach (var (id, spend) in all)
            {
                if (spend.Epoch < _epoch) spend.Forget(long.MaxValue);
                else if (spend.Epoch == _epoch && !listed.Contains(id)) spend.Forget(before);
            }
        }
    }

    private WorkspaceEntry Workspace(Guid id) => _workspaces.GetOrAdd(id, i => new(i, Unincluded));

    private ProjectEntry Project(Guid id) => _projects.GetOrAdd(id, i => new(i));

    // While a slug passes from one project to another, both may seem to hold it for a moment; the younger wins wherever it is asked.
    private void Elect(Guid workspaceId, string slug, ProjectEntry? candidate = null)
    {
        var bySlug = Workspace(workspaceId).BySlug;
        if (candidate is not null && !bySlug.ContainsKey(slug)) { bySlug[slug] = candidate; return; }
        var holder = _projects.Values.Where(p => p.State is { } s && s.WorkspaceId == workspaceId && s.Slug == slug).MaxBy(p => p.Id);
        if (holder is null) bySlug.TryRemove(slug, out _);
        else bySlug[slug] = holder;
    }
}

internal sealed class WorkspaceEntry(Guid id, ConcurrentDictionary<string, Reservation> unincluded)
{
    private volatile WorkspaceState? _state;
    private volatile PricesChanged? _prices;

    public Guid Id => id;
    public WorkspaceState? State { get => _state; set => _state = value; }
    public PricesChanged? Prices { get => _prices; set => _prices = value; }
    public ScopeSpend Spend { get; } = new(new(unincluded));
    public ConcurrentDictionary<string, ProjectEntry> BySlug { get; } = new(StringComparer.Ordinal);

    /// <summary>Guards what this gateway has under way in the workspace, its projects and keys.</summary>
    public Lock Flights { get; } = new();

    private TaskCompletionSource? _moved;

    /// <summary>Done when something was settled, given back or included. Under <see cref="Flights"/>.</summary>
    public Task Moved => (_moved ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Under <see cref="Flights"/>.</summary>
    public void Pulse()
    {
        _moved?.SetResult();
        _moved = null;
    }
}

internal sealed class ProjectEntry(Guid id)
{
    private volatile ProjectChanged? _state;

    public Guid Id => id;
    public ProjectChanged? State { get => _state; set => _state = value; }
    public ScopeSpend Spend { get; } = new(new());
}

internal sealed class KeyEntry(Guid id)
{
    private volatile KeyState? _state;

    public Guid Id => id;
    public KeyState? State { get => _state; set => _state = value; }
    public ScopeSpend Spend { get; } = new(new());
}

internal sealed record WorkspaceState(WorkspaceChanged Change, PeriodCalendar Calendar);

// Flat, because with many keys a decision's time is the number of places it has to look.
internal sealed record KeyState(
    long Version, bool IsRevoked, DateTimeOffset? ExpiresAt, bool MayCall, KeySecret[] Secrets, WorkspaceEntry Workspace, ProjectEntry? Project);

internal readonly record struct KeySecret(Hash256 Hash, DateTimeOffset? ValidUntil);
