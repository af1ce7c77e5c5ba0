namespace TokenSense.Contracts;

/// <summary>Usage of a model without a price was recorded (product decision 13): it is in no spend until a price exists. Once a model and period, until
/// <see cref="ModelPriced"/>.</summary>
public sealed record ModelUnpriced
{
    public required Guid WorkspaceId { get; init; }
    public required string Provider { get; init; }
    public required string Model { get; init; }

    /// <summary><c>yyyy-MM</c></summary>
    public required string Period { get; init; }

    /// <summary>The first such usage that was recorded in the period.</summary>
    public required UsageReference FirstUsage { get; init; }

    public required DateTimeOffset At { get; init; }
}
