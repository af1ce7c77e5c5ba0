namespace TokenSense.Contracts;

/// <summary>The state of a project after a change. A higher <see cref="Version"/> replaces a lower one.</summary>
public sealed record ProjectChanged
{
    public required Guid ProjectId { get; init; }
    public required Guid WorkspaceId { get; init; }

    /// <summary>Unique in the workspace.</summary>
    public required string Slug { get; init; }

    public required string Name { get; init; }

    /// <summary><c>#rrggbb</c>, for charts.</summary>
    public required string Color { get; init; }

    /// <summary>Its keys do not work while set; its history and spend stay in every total.</summary>
    public DateTimeOffset? ArchivedAt { get; init; }

    public required long Version { get; init; }
}
