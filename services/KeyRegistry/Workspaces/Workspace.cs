using System.Collections.Immutable;
using TokenSense.Contracts;
using static TokenSense.KeyRegistry.Workspaces.WorkspaceEvent;

namespace TokenSense.KeyRegistry.Workspaces;

public abstract record WorkspaceCommand
{
    public sealed record Create(Guid Id, string Slug, string Name, string TimeZone, DateTimeOffset At) : WorkspaceCommand;
    public sealed record Rename(string Name, DateTimeOffset At) : WorkspaceCommand;
    public sealed record ChooseTimeZone(string TimeZone, DateTimeOffset At) : WorkspaceCommand;
    public sealed record Delete(DateTimeOffset At) : WorkspaceCommand;
}

// Events are the stored format: members are added, never renamed or removed.
public abstract record WorkspaceEvent
{
    public sealed record WorkspaceCreated(Guid Id, string Slug, string Name, string TimeZone, DateTimeOffset At) : WorkspaceEvent;
    public sealed record WorkspaceRenamed(string Name, DateTimeOffset At) : WorkspaceEvent;

    /// <param name="From">The period (<c>yyyy-MM</c>) that the zone begins with.</param>
    public sealed record TimeZoneChosen(string TimeZone, string From, DateTimeOffset At) : WorkspaceEvent;

    public sealed record WorkspaceDeleted(DateTimeOffset At) : WorkspaceEvent;
}

/// <summary>A workspace: the stream <c>workspace-{id}</c>, folded.</summary>
public sealed record Workspace(
    Guid Id, string Slug, string Name, ImmutableArray<TimeZoneFrom> TimeZones, DateTimeOffset CreatedAt, DateTimeOffset? DeletedAt)
    : IFolded<Workspace, WorkspaceEvent>
{
    public static string Stream(Guid id) => $"workspace-{id}";

    public static IEnumerable<WorkspaceEvent> Decide(WorkspaceCommand.Create c, Workspace? workspace) =>
        workspace is null ? [new WorkspaceCreated(c.Id, c.Slug, c.Name, c.TimeZone, c.At)] : [];

    public static IEnumerable<WorkspaceEvent> Decide(WorkspaceCommand.Rename c, Workspace? workspace) =>
        workspace is { DeletedAt: null } w && w.Name != c.Name ? [new WorkspaceRenamed(c.Name, c.At)] : [];

    // Product decision 1: the period that runs ends as it began, the chosen zone counts from the next one on.
    public static IEnumerable<WorkspaceEvent> Decide(WorkspaceCommand.ChooseTimeZone c, Workspace? workspace)
    {
        if (workspace is not { DeletedAt: null }) yield break;
        var calendar = new PeriodCalendar(workspace.TimeZones);
        var chosen = new TimeZoneChosen(c.TimeZone, calendar.Next(calendar.PeriodOf(c.At)), c.At);
        if (!With(workspace.TimeZones, chosen).SequenceEqual(workspace.TimeZones)) yield return chosen;
    }

    public static IEnumerable<WorkspaceEvent> Decide(WorkspaceCommand.Delete c, Workspace? workspace) =>
        workspace is { DeletedAt: null } ? [new WorkspaceDeleted(c.At)] : [];

    public static Workspace Evolve(Workspace? workspace, WorkspaceEvent happened) => (workspace, happened) switch
    {
        (null, WorkspaceCreated e) => new(e.Id, e.Slug, e.Name, [new(null, e.TimeZone)], e.At, null),
        ({ } w, WorkspaceRenamed e) => w with { Name = e.Name },
        ({ } w, TimeZoneChosen e) => w with { TimeZones = With(w.TimeZones, e) },
        ({ } w, WorkspaceDeleted e) => w with { DeletedAt = e.At },
        _ => throw new InvalidOperationException($"Workspace cannot fold {happened.GetType().Name}."),
    };

    public object Contract(long version) => new WorkspaceChanged
    {
        WorkspaceId = Id, Slug = Slug, Name = Name, TimeZones = TimeZones, CreatedAt = CreatedAt, DeletedAt = DeletedAt, Version = version,
    };

    // A second choice in one period replaces the first; choosing the zone in force again takes the pending one back.
    private static ImmutableArray<TimeZoneFrom> With(ImmutableArray<TimeZoneFrom> zones, TimeZoneChosen chosen)
    {
        ImmutableArray<TimeZoneFrom> kept = [.. zones.Where(z => z.From is null || string.CompareOrdinal(z.From, chosen.From) < 0)];
        return kept[^1].Id == chosen.TimeZone ? kept : [.. kept, new(chosen.From, chosen.TimeZone)];
    }
}
