namespace TokenSense.Contracts;

/// <summary>All that a gateway must know: the answer of <c>GET /api/v1/enforcement/snapshot</c> (camelCase like the bus, whose messages it holds).</summary>
/// <remarks>Subscribe first, then read this: what arrives in between is ordered by version.</remarks>
public sealed record EnforcementSnapshot
{
    public required long Epoch { get; init; }

    /// <summary>All usage recorded by then, and everything decided on it, is in here.</summary>
    public required DateTimeOffset CompleteTo { get; init; }

    /// <summary>The workspaces that the gateway's credential is limited to: keys of others are not its to serve, whatever the bus tells. Null: all.</summary>
    public IReadOnlyList<Guid>? LimitedTo { get; init; }

    public required IReadOnlyList<WorkspaceChanged> Workspaces { get; init; }
    public required IReadOnlyList<ProjectChanged> Projects { get; init; }
    public required IReadOnlyList<ApiKeyChanged> Keys { get; init; }

    /// <summary>Every scope with spend in its current period or with a budget.</summary>
    public required IReadOnlyList<SpendChanged> Spend { get; init; }

    /// <summary>Of the workspaces that have prices of their own.</summary>
    public IReadOnlyList<PricesChanged> Prices { get; init; } = [];
}
