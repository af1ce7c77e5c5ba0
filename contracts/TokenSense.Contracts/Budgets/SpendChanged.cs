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

    /// <summary>
    /// What <see cref="SpentUsd"/> includes of each gateway's own usage: at most 64 runs, the last to grow first. Those silent for an hour are
    /// left out (not in the snapshot, and not when a budget is set): what was said of them stands.
    /// </summary>
    /// <remarks>
    /// Within an <see cref="Epoch"/> these totals only grow, and never ahead of the spend told with them: of a state that is not newer than
    /// the one held, too (a snapshot after silence), the larger total of a run counts.
    /// </remarks>
    public IReadOnlyList<IncludedUsage> Included { get; init; } = [];
}

/// <summary>The usage of one run of a gateway that a scope's spend of the month includes: totals, never deltas.</summary>
/// <remarks>In the gateway's own figures, so that it can subtract them from its own, whatever the book in Metering says.</remarks>
public sealed record IncludedUsage
{
    /// <summary>The name of the gateway's credential.</summary>
    public required string Gateway { get; init; }

    /// <summary><see cref="UsageLine.GatewayEpoch"/> of its lines.</summary>
    public required Guid Epoch { get; init; }

    /// <summary>Those reported with a <see cref="UsageLine.CostUsd"/>, be it 0; a line without one adds nothing to a gateway's count and is none here.</summary>
    public required long Lines { get; init; }

    /// <summary>USD: the sum of <see cref="UsageLine.CostUsd"/> as reported.</summary>
    public required decimal CostUsd { get; init; }
}
