using TokenSense.Contracts;
using static TokenSense.KeyRegistry.Projects.ProjectEvent;

namespace TokenSense.KeyRegistry.Projects;

public abstract record ProjectCommand
{
    public sealed record Create(
        Guid Id, Guid WorkspaceId, string Slug, string Name, string Color, string? Description, DateTimeOffset At) : ProjectCommand;

    public sealed record Describe(string Name, string Color, string? Description, DateTimeOffset At) : ProjectCommand;
    public sealed record Archive(DateTimeOffset At) : ProjectCommand;
    public sealed record Unarchive(DateTimeOffset At) : ProjectCommand;
}

// Events are the stored format: members are added, never renamed or removed.
public abstract record ProjectEvent
{
    public sealed record ProjectCreated(
        Guid Id, Guid WorkspaceId, string Slug, string Name, string Color, string? Description, DateTimeOffset At) : ProjectEvent;

    public sealed record ProjectDescribed(string Name, string Color, string? Description, DateTimeOffset At) : ProjectEvent;
    public sealed record ProjectArchived(DateTimeOffset At) : ProjectEvent;
    public sealed record ProjectUnarchived(DateTimeOffset At) : ProjectEvent;
}

/// <summary>A project: the stream <c>project-{id}</c>, folded.</summary>
/// <remarks>Archiving leaves its keys as they are: whoever decides on a call sees that their project is archived (product decision 8).</remarks>
public sealed record Project(
    Guid Id, Guid WorkspaceId, string Slug, string Name, string Color, string? Description, DateTimeOffset CreatedAt, DateTimeOffset? ArchivedAt)
    : IFolded<Project, ProjectEvent>, IListed
{
    public static string Stream(Guid id) => $"project-{id}";

    public static IEnumerable<ProjectEvent> Decide(ProjectCommand.Create c, Project? project) =>
        project is null ? [new ProjectCreated(c.Id, c.WorkspaceId, c.Slug, c.Name, c.Color, c.Description, c.At)] : [];

    public static IEnumerable<ProjectEvent> Decide(ProjectCommand.Describe c, Project? project) =>
        project is { } p && (p.Name, p.Color, p.Description) != (c.Name, c.Color, c.Description)
            ? [new ProjectDescribed(c.Name, c.Color, c.Description, c.At)]
            : [];

    public static IEnumerable<ProjectEvent> Decide(ProjectCommand.Archive c, Project? project) =>
        project is { ArchivedAt: null } ? [new ProjectArchived(c.At)] : [];

    public static IEnumerable<ProjectEvent> Decide(ProjectCommand.Unarchive c, Project? project) =>
        project is { ArchivedAt: not null } ? [new ProjectUnarchived(c.At)] : [];

    public static Project Evolve(Project? project, ProjectEvent happened) => (project, happened) switch
    {
        (null, ProjectCreated e) => new(e.Id, e.WorkspaceId, e.Slug, e.Name, e.Color, e.Description, e.At, null),
        ({ } p, ProjectDescribed e) => p with { Name = e.Name, Color = e.Color, Description = e.Description },
        ({ } p, ProjectArchived e) => p with { ArchivedAt = e.At },
        ({ } p, ProjectUnarchived) => p with { ArchivedAt = null },
        _ => throw new InvalidOperationException($"Project cannot fold {happened.GetType().Name}."),
    };

    public object Contract(long version) => new ProjectChanged
    {
        ProjectId = Id, WorkspaceId = WorkspaceId, Slug = Slug, Name = Name, Color = Color, ArchivedAt = ArchivedAt, Version = version,
    };
}
