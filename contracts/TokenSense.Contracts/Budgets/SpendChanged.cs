namespace TokenSense.Contracts;

/// <summary>The state of one scope in one month: a total, never a delta.</summary>
/// <remarks>
/// A newer one by (<see cref="Epoch"/>, <see cref="Period"/>, <see cref="Version"/>) replaces an older one; a repeated or overtaken one is ignored.
/// A state of a later month waits until <see cref="ResetsAt"/> of the current one.
/// </remarks>
public sealed record SpendChanged
{
    /// <summary>Grows when the Budgets store was restored from a backup, so that its versions count anew.</summary>
    public required long Epoch { get; init; }

    public required Guid WorkspaceId { get; init; }

    /// <summary><c>workspace</c>, <c>project</c> or <c>key</c>.</summary>
    public required string Scope { get; init; }

    public required Guid ScopeId { get; init; }

    /// <summary><c>yyyy-MM</c></summary>
    public required string Period { get; init; }

    public required long Version { get; init; }

    /// <summary>USD settled in the period, exact.</summary>
    public required decimal SpentUsd { get; init; }

    /// <summary>Null: no budget, nothing blocks.</summary>
    public decimal? BudgetUsd { get; init; }

    public string? Mode { get; init; }

    /// <summary>Percent, ascending.</summary>
    public IReadOnlyList<int> Thresholds { get; init; } = [];

    /// <summary>The thresholds that stand crossed.</summary>
    public IReadOnlyList<int> Crossed { get; init; } = [];

    public long BudgetRevision { get; init; }

    /// <summary>The first instant of the next period.</summary>
    public required DateTimeOffset ResetsAt { get; init; }
}
