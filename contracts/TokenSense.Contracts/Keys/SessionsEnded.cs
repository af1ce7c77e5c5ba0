namespace TokenSense.Contracts;

/// <summary>Which of a person's sessions ended while access tokens of them may still be alive. A higher <see cref="Version"/> replaces a lower one.</summary>
/// <remarks>Services verify access tokens by themselves; by this they refuse those of an ended session (the token's claim <c>sid</c>).</remarks>
public sealed record SessionsEnded
{
    public required Guid UserId { get; init; }

    /// <summary>Those that ended lately; what ended longer ago has no living token.</summary>
    public required IReadOnlyList<Guid> Sessions { get; init; }

    /// <summary>Every token issued until then is refused, whatever its session; null: only those of <see cref="Sessions"/> are.</summary>
    public DateTimeOffset? AllUntil { get; init; }

    public required long Version { get; init; }
}
