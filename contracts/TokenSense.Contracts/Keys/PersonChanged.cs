namespace TokenSense.Contracts;

/// <summary>Who a member is, for those who must reach them. A higher <see cref="Version"/> replaces a lower one.</summary>
/// <remarks>Names and mail are kept only where they can be erased: never in an event, a log or a longer-lived message.</remarks>
public sealed record PersonChanged
{
    public required Guid UserId { get; init; }

    /// <summary>Null: the person was deleted; forget what was known.</summary>
    public string? Email { get; init; }

    public string? Name { get; init; }

    /// <summary>Runs the installation (product decision 17).</summary>
    public bool IsOperator { get; init; }

    public required long Version { get; init; }
}
