using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace TokenSense.Dashboard.Live;

/// <summary>What changed, as far as pages tell it apart.</summary>
[Flags]
public enum Subject
{
    Spend = 1,
    Alerts = 2,

    /// <summary>Whatever somebody set or made: the workspace, its members, projects, keys, budgets, prices.</summary>
    Things = 4,

    /// <summary>Recorded calls, those without a price too.</summary>
    Usage = 8,

    /// <summary>Usage that was kept aside.</summary>
    Kept = 16,

    /// <summary>When keys were last used.</summary>
    KeyUse = 32,
}

/// <summary>Tells open pages that something of their workspace changed; they read again what they show.</summary>
public sealed class LiveChanges
{
    private readonly ConcurrentDictionary<Guid, ImmutableList<Watch>> _watches = [];

    public IDisposable On(Guid workspaceId, Subject subjects, Action changed)
    {
        var watch = new Watch(this, workspaceId, subjects, changed);
        _watches.AddOrUpdate(workspaceId, _ => [watch], (_, held) => held.Add(watch));
        return watch;
    }

    public void Tell(Guid workspaceId, Subject subject)
    {
        if (!_watches.TryGetValue(workspaceId, out var watches)) return;
        foreach (var watch in watches)
            if ((watch.Subjects & subject) != 0) watch.Changed();
    }

    /// <summary>Everybody reads again: while the broker was away, changes may have passed unheard.</summary>
    public void TellAll()
    {
        foreach (var watch in _watches.Values.SelectMany(w => w)) watch.Changed();
    }

    /// <summary>For what names no workspace.</summary>
    public void TellAll(Subject subject)
    {
        foreach (var watch in _watches.Values.SelectMany(w => w))
            if ((watch.Subjects & subject) != 0) watch.Changed();
    }

    private sealed class Watch(LiveChanges of, Guid workspaceId, Subject subjects, Action changed) : IDisposable
    {
        public Subject Subjects => subjects;
        public Action Changed => changed;

        public void Dispose()
        {
            var left = of._watches.AddOrUpdate(workspaceId, _ => [], (_, held) => held.Remove(this));
            if (left.IsEmpty) of._watches.TryRemove(new(workspaceId, left));
        }
    }
}
