namespace TokenSense.Contracts;

/// <summary>Spend reached a threshold (equal counts as reached). Sent once until it is cleared; the message id is the crossing's id over every retry.</summary>
public sealed record ThresholdCrossed
{
    public required Guid CrossingId { get; init; }
    public required Guid WorkspaceId { get; init; }

    /// <summary><c>workspace</c>, <c>project</c> or <c>key</c>.</summary>
    public required string Scope { get; init; }

    public required Guid ScopeId { get; init; }

    /// <summary>Percent of the budget: 80 warns, 100 blocks, others as chosen.</summary>
    public required int Threshold { get; init; }

    /// <summary>USD right after the usage that crossed.</summary>
    public required decimal SpentUsd { get; init; }

    public required decimal BudgetUsd { get; init; }
    public required string Mode { get; init; }

    /// <summary><c>yyyy-MM</c></summary>
    public required string Period { get; init; }

    public required DateTimeOffset CrossedAt { get; init; }

    /// <summary>The usage that crossed; null where a budget was set below what was already spent.</summary>
    public UsageReference? CrossedBy { get; init; }

    public required long BudgetRevision { get; init; }

    /// <summary>Of what was decided on this scope, crossings and clearings alike, the later one has the larger number.</summary>
    public long Version { get; init; }
}

/// <summary>Spend no longer reaches a threshold: a larger or removed budget, or a correction. It is armed again.</summary>
public sealed record ThresholdCleared
{
    public required Guid WorkspaceId { get; init; }
    public required string Scope { get; init; }
    public required Guid ScopeId { get; init; }
    public required int Threshold { get; init; }
    public required decimal SpentUsd { get; init; }

    /// <summary>Null: the budget was removed.</summary>
    public decimal? BudgetUsd { get; init; }

    public required string Period { get; init; }
    public required DateTimeOffset ClearedAt { get; init; }
    public required long BudgetRevision { get; init; }

    /// <summary>As in <see cref="ThresholdCrossed.Version"/>: whatever comes first, a crossing with a smaller number is cleared.</summary>
    public long Version { get; init; }
}

public sealed record UsageReference(string Source, string Id);
