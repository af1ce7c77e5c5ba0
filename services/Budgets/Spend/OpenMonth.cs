using TokenSense.Budgets.Limits;

namespace TokenSense.Budgets.Spend;

/// <summary>A stream that is to be written, with the keys of it that a command touches.</summary>
public sealed record WantedMonth(string Stream, string Period, ScopeName Own, IReadOnlyCollection<Guid> KeyIds);

/// <summary>A month being written: its state so far, and the events that are to be appended.</summary>
public sealed class OpenMonth(string stream, string period, ScopeName own)
{
    private readonly Dictionary<(bool IsKey, Guid Id), long> _versions = [];
    private readonly HashSet<(bool IsKey, Guid Id)> _changed = [];
    private readonly List<object> _events = [];
    private readonly List<Inclusion> _included = [];

    public string Stream => stream;
    public string Period => period;
    public ScopeName Own => own;
    public MonthlySpend State { get; private set; } = MonthlySpend.None;
    public IReadOnlyList<object> Events => _events;

    /// <summary>What the gateways' totals of these scopes grow by.</summary>
    public IReadOnlyList<Inclusion> Included => _included;

    public static string StreamOf(ScopeName scope, string period) => $"spend-{scope.Scope}-{scope.ScopeId}-{period}";

    public ScopeName ScopeOf(Guid? keyId) => keyId is { } key ? new(own.WorkspaceId, ScopeName.Key, key) : own;

    public void Hold(Guid? keyId, ScopeSpend spend, long version)
    {
        _versions[Place(keyId)] = version;
        State = keyId is { } key ? State with { Keys = State.Keys.SetItem(key, spend) } : State with { Own = spend };
    }

    public void Accrue(Accrue command)
    {
        Record(MonthlySpend.Decide(command, State));
        _included.AddRange(Inclusion.Of(command.Charges));
    }

    public void Record(IEnumerable<SpendEvent> decided)
    {
        foreach (var happened in decided.ToList())
        {
            State = MonthlySpend.Evolve(State, happened);
            _events.Add(happened);
            foreach (var keyId in Touched(happened)) _changed.Add(Place(keyId));
        }
    }

    public IEnumerable<(Guid? KeyId, long Version)> Changed() =>
        _changed.OrderBy(c => c.IsKey).ThenBy(c => c.Id).Select(c => (c.IsKey ? c.Id : (Guid?)null, _versions[c] + 1));

    /// <summary>The scopes of a stream that an event moves: keys by id, the stream's own as null.</summary>
    public static IEnumerable<Guid?> Touched(SpendEvent happened) => happened switch
    {
        SpendEvent.SpendAccrued e => e.Keys.Select(k => (Guid?)k.KeyId).Prepend(null),
        SpendEvent.BudgetApplied e => [e.KeyId],
        SpendEvent.ThresholdCrossed e => [e.KeyId],
        SpendEvent.ThresholdCleared e => [e.KeyId],
        _ => throw new InvalidOperationException($"MonthlySpend has no {happened.GetType().Name}."),
    };

    private static (bool, Guid) Place(Guid? keyId) => keyId is { } key ? (true, key) : (false, Guid.Empty);
}
