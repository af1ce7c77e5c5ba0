namespace TokenSense.Contracts;

/// <summary>A workspace has set a price for a model that was told of by <see cref="ModelUnpriced"/>: further usage of it counts.</summary>
public sealed record ModelPriced
{
    public required Guid WorkspaceId { get; init; }
    public required string Provider { get; init; }
    public required string Model { get; init; }

    /// <summary><c>yyyy-MM</c>, as it was told: a message for each period.</summary>
    public required string Period { get; init; }

    public required DateTimeOffset At { get; init; }
}
