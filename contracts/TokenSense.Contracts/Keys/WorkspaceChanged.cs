namespace TokenSense.Contracts;

/// <summary>The state of a workspace after a change. A higher <see cref="Version"/> replaces a lower one; repeats are ignored.</summary>
public sealed record WorkspaceChanged
{
    public required Guid WorkspaceId { get; init; }

    /// <summary>Unique in the installation; lower-case letters, digits and hyphens.</summary>
    public required string Slug { get; init; }

    public required string Name { get; init; }

    /// <summary>The time zones of the workspace in ascending order of the period they begin with; never empty. See <see cref="PeriodCalendar"/>.</summary>
    public required IReadOnlyList<TimeZoneFrom> TimeZones { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? DeletedAt { get; init; }
    public required long Version { get; init; }
}
