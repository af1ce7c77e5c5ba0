namespace TokenSense.Contracts;

/// <summary>A gateway runs and reaches the broker; every 10 s. One that falls silent without <see cref="Stopping"/> is told of. Taken as plain JSON too.</summary>
public sealed record GatewayHeartbeat
{
    /// <summary>The name of its credential.</summary>
    public required string GatewayId { get; init; }

    /// <summary>Names one run of it, as in <see cref="UsageLine.GatewayEpoch"/>.</summary>
    public required Guid GatewayEpoch { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Usage lines in its journal that the broker has not confirmed.</summary>
    public long WaitingLines { get; init; }

    /// <summary>The last one of a run that ends in order.</summary>
    public bool Stopping { get; init; }
}
