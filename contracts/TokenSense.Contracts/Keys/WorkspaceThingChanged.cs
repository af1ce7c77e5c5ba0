namespace TokenSense.Contracts;

/// <summary>Something in a workspace is new, changed or gone that has no message of its own. What it is now says the management API, to who may see it.</summary>
public sealed record WorkspaceThingChanged
{
    public required Guid WorkspaceId { get; init; }

    /// <summary><c>invitation</c> or <c>channel</c>; more may follow.</summary>
    public required string Kind { get; init; }
}
