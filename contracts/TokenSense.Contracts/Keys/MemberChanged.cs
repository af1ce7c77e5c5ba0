namespace TokenSense.Contracts;

/// <summary>What a person may do in a workspace. A higher <see cref="Version"/> replaces a lower one.</summary>
public sealed record MemberChanged
{
    public required Guid WorkspaceId { get; init; }
    public required Guid UserId { get; init; }

    /// <summary><c>owner</c>, <c>admin</c>, <c>member</c> or <c>viewer</c>; null: no longer a member.</summary>
    public string? Role { get; init; }

    public required long Version { get; init; }
}
