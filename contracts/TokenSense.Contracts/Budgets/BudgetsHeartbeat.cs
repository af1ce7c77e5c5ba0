namespace TokenSense.Contracts;

/// <summary>All usage that Metering recorded by <see cref="CompleteTo"/> is counted, and everything decided on it was sent before this. Silence is not health.</summary>
public sealed record BudgetsHeartbeat
{
    public required long Epoch { get; init; }
    public required DateTimeOffset CompleteTo { get; init; }
}
