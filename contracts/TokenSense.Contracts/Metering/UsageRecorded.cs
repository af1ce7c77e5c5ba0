namespace TokenSense.Contracts;

/// <summary>Usage that counts: claimed, priced and recorded exactly once. All lines are of one workspace; at most 500.</summary>
/// <remarks>The message id is the id of the stored event: a repeated message is the same fact.</remarks>
public sealed record UsageRecorded
{
    public required Guid WorkspaceId { get; init; }
    public required DateTimeOffset RecordedAt { get; init; }
    public required IReadOnlyList<RecordedLine> Lines { get; init; }
}

/// <summary>One call, with what it cost.</summary>
public sealed record RecordedLine
{
    /// <summary>UUIDv5 of (workspace, reporter, source, id): the fact's one name.</summary>
    public required Guid UsageId { get; init; }

    /// <summary><c>gateway:{name}</c> or <c>key:{id}</c>: the credential that reported.</summary>
    public required string Reporter { get; init; }

    public required string Source { get; init; }
    public required string Id { get; init; }

    /// <summary>When the call was admitted.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary><c>yyyy-MM</c> in the workspace's calendar.</summary>
    public required string Period { get; init; }

    public required Guid KeyId { get; init; }

    /// <summary>Null: unassigned, the workspace's alone.</summary>
    public Guid? ProjectId { get; init; }

    /// <summary>The key's own project; null for a key without one, also where the call named a project.</summary>
    public Guid? KeyProjectId { get; init; }

    public required string Provider { get; init; }
    public required string Model { get; init; }

    /// <summary>Tokens and other units by class, as in <see cref="UsageCounts"/>; classes that were not used are left out.</summary>
    public required IReadOnlyDictionary<string, long> Usage { get; init; }

    /// <summary>USD, exact; null while unpriced, which is never zero.</summary>
    public decimal? CostUsd { get; init; }

    /// <summary>The version of the price book that gave the cost; null while unpriced or where the reported cost counts.</summary>
    public string? PriceVersion { get; init; }

    public bool Estimated { get; init; }

    /// <summary>As reported: the run of the gateway that saw the call.</summary>
    public Guid? GatewayEpoch { get; init; }

    /// <summary>USD as the gateway computed it, whatever counts.</summary>
    public decimal? ReportedCostUsd { get; init; }
}
