namespace TokenSense.Contracts;

/// <summary>A monthly budget was set. A higher <see cref="Revision"/> replaces a lower one.</summary>
public sealed record BudgetSet
{
    public required Guid WorkspaceId { get; init; }

    /// <summary><c>workspace</c>, <c>project</c> or <c>key</c>.</summary>
    public required string Scope { get; init; }

    public required Guid ScopeId { get; init; }

    /// <summary>USD a month; 0 blocks everything.</summary>
    public required decimal AmountUsd { get; init; }

    /// <summary><c>block</c>, <c>alert</c> or <c>strict</c>.</summary>
    public required string Mode { get; init; }

    /// <summary>Percent, ascending. A blocking budget always has 100 among them.</summary>
    public required IReadOnlyList<int> Thresholds { get; init; }

    public required long Revision { get; init; }
}

/// <summary>A budget was removed: nothing blocks its scope any more.</summary>
public sealed record BudgetRemoved
{
    public required Guid WorkspaceId { get; init; }
    public required string Scope { get; init; }
    public required Guid ScopeId { get; init; }
    public required long Revision { get; init; }
}
