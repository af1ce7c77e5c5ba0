namespace TokenSense.Contracts;

/// <summary>Nothing that a reporter sent is kept aside any more: the last line was taken again or dismissed. What is refused after it is told anew.</summary>
public sealed record KeptUsageCleared
{
    public required Guid WorkspaceId { get; init; }

    /// <summary>As in <see cref="UsageRejected.GatewayId"/>; null: API keys that report for themselves.</summary>
    public string? GatewayId { get; init; }

    /// <summary>Which list: <c>rejected</c> or <c>conflict</c>.</summary>
    public required string Status { get; init; }

    public required DateTimeOffset At { get; init; }
}
