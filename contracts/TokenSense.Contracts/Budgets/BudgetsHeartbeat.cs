namespace TokenSense.Contracts;

/// <summary>Everything that Budgets had decided by <see cref="CompleteTo"/> was sent before this. Silence is not health.</summary>
public sealed record BudgetsHeartbeat
{
    public required long Epoch { get; init; }
    public required DateTimeOffset CompleteTo { get; init; }
}
