namespace TokenSense.Contracts;

/// <summary>Something needs attention: once per <see cref="AlertId"/>, whatever repeats. The message id tells a repeat.</summary>
public sealed record AlertRaised
{
    /// <summary>Of a crossed threshold the <see cref="ThresholdCrossed.CrossingId"/>.</summary>
    public required Guid AlertId { get; init; }

    public required Guid WorkspaceId { get; init; }

    /// <summary>See <see cref="AlertKind"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>Percent of the budget, where a threshold was crossed.</summary>
    public int? Threshold { get; init; }

    /// <summary><c>workspace</c>, <c>project</c>, <c>key</c>, <c>model</c>, <c>gateway</c> or <c>channel</c>.</summary>
    public required string Scope { get; init; }

    /// <summary>The scope's id; null for a model or gateway, which <see cref="ScopeName"/> names.</summary>
    public Guid? ScopeId { get; init; }

    public string? ScopeName { get; init; }

    /// <summary><c>yyyy-MM</c></summary>
    public string? Period { get; init; }

    public decimal? SpentUsd { get; init; }
    public decimal? BudgetUsd { get; init; }
    public required DateTimeOffset RaisedAt { get; init; }
}

/// <summary>An alert needs no attention any more.</summary>
public sealed record AlertClosed
{
    public required Guid AlertId { get; init; }
    public required Guid WorkspaceId { get; init; }

    /// <summary><c>resolved</c>: what it told of is over; <c>dismissed</c>: somebody has seen to it.</summary>
    public required string Status { get; init; }

    public required DateTimeOffset At { get; init; }
}

/// <summary>A receiver has taken an alert.</summary>
public sealed record AlertDelivered
{
    public required Guid AlertId { get; init; }
    public required Guid WorkspaceId { get; init; }
    public required Guid ChannelId { get; init; }

    /// <summary>Names the delivery over every attempt.</summary>
    public required Guid DeliveryId { get; init; }

    public required int Attempts { get; init; }
    public required DateTimeOffset At { get; init; }
}

/// <summary>A receiver could not be reached, or refused: tried again unless <see cref="GivenUp"/>.</summary>
public sealed record AlertDeliveryFailed
{
    public required Guid AlertId { get; init; }
    public required Guid WorkspaceId { get; init; }
    public required Guid ChannelId { get; init; }
    public required Guid DeliveryId { get; init; }
    public required int Attempts { get; init; }

    /// <summary>What the receiver said; no address and no secret is in it.</summary>
    public required string Reason { get; init; }

    public required bool GivenUp { get; init; }
    public required DateTimeOffset At { get; init; }
}

/// <summary>What an alert is about.</summary>
public static class AlertKind
{
    /// <summary>Spend reached a threshold of a budget.</summary>
    public const string BudgetThreshold = "budget_threshold";

    /// <summary>Usage of a model without a price: it counts in no budget yet.</summary>
    public const string UnpricedModel = "unpriced_model";

    /// <summary>The same usage was reported twice with different content; the first stands.</summary>
    public const string UsageConflict = "usage_conflict";

    /// <summary>Reported usage could not be counted.</summary>
    public const string UsageRejected = "usage_rejected";

    /// <summary>A channel's receiver cannot be reached, or asked for no more.</summary>
    public const string ChannelFailing = "channel_failing";

    /// <summary>A gateway stopped without a word.</summary>
    public const string GatewaySilent = "gateway_silent";

    /// <summary>Asked for by a person who tests a channel.</summary>
    public const string Test = "test";
}
