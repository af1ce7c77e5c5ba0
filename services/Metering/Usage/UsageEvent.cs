using TokenSense.Pricing;

namespace TokenSense.Metering.Usage;

// Events are the stored format: members are added, never renamed or removed. One stored event is one message on the bus.
public abstract record UsageEvent
{
    /// <summary>Lines of one workspace, claimed by this event: the stream <c>usage-{workspace}-{yyyy-MM-dd}</c> of the day of recording.</summary>
    public sealed record UsageRecorded(Guid WorkspaceId, DateTimeOffset At, IReadOnlyList<MeteredLine> Lines) : UsageEvent;

    /// <summary>A line that does not count: the stream <c>refused-{kept line}</c>.</summary>
    public sealed record UsageRefused(
        string? GatewayId, int Index, string? Source, string? Id, string Status, string Code, string Message, DateTimeOffset At,
        Guid? WorkspaceId = null) : UsageEvent;

    /// <summary>The first usage of a model without a price in a period, beside the event that recorded it and in its stream.</summary>
    public sealed record ModelUnpriced(
        Guid WorkspaceId, string Period, string Provider, string Model, string Source, string Id, DateTimeOffset At) : UsageEvent;

    /// <summary>The workspace set a price for a model that <see cref="ModelUnpriced"/> told of.</summary>
    public sealed record ModelPriced(Guid WorkspaceId, string Period, string Provider, string Model, DateTimeOffset At) : UsageEvent;

    /// <summary>The last line of a reporter left the list of conflicts or of rejected lines, by its <see cref="UsageRefused.Status"/>.</summary>
    public sealed record KeptCleared(Guid WorkspaceId, string? GatewayId, string Status, DateTimeOffset At) : UsageEvent;
}

/// <summary>One call as it counts. <see cref="Price"/> null and <see cref="CostUsd"/> given: the reported cost counts, so a line with one is never unpriced.</summary>
public sealed record MeteredLine(
    Guid UsageId, string Reporter, string Source, string Id, DateTimeOffset Time, string Period, DateOnly Day,
    Guid KeyId, Guid? ProjectId, Guid? KeyProjectId, string Provider, string Model, string? ApiFlavor, TokenUsage Usage,
    decimal? CostUsd, decimal? ReportedCostUsd, PriceUsed? Price, string? Unpriced,
    bool Estimated, IReadOnlyDictionary<string, string>? Metadata, long? LatencyMs, int? Status, Guid? GatewayEpoch = null);

/// <summary>Which price gave the cost, kept so that the cost can be derived again without the book.</summary>
public sealed record PriceUsed(string BookVersion, string ProviderId, string ModelId, DateOnly? ValidFrom, IReadOnlyList<RateUsed> Rates);

/// <param name="Class">The disjoint class that was charged.</param>
/// <param name="Units">How many of it.</param>
/// <param name="UsdPerUnit">USD for one.</param>
/// <param name="CostUsd">USD; the lines sum to the usage's cost.</param>
public sealed record RateUsed(string Class, long Units, decimal UsdPerUnit, decimal CostUsd);
