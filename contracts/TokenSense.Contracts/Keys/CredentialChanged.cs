namespace TokenSense.Contracts;

/// <summary>The state of a machine's credential: an automation token (<c>tst_…</c>) or a gateway's (<c>tsg_…</c>). By hash, never the token.</summary>
public sealed record CredentialChanged
{
    public required Guid CredentialId { get; init; }

    /// <summary><c>automation</c> or <c>gateway</c>.</summary>
    public required string Kind { get; init; }

    public required string Name { get; init; }

    /// <summary>Lower-case hex of the SHA-256 of the whole token.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Where it may act; null for a gateway that serves every workspace.</summary>
    public IReadOnlyList<Guid>? Workspaces { get; init; }

    /// <summary>An automation token's role; null for a gateway.</summary>
    public string? Role { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }
    public DateTimeOffset? RevokedAt { get; init; }
    public required long Version { get; init; }
}
