namespace TokenSense.Contracts;

/// <summary>The state of an API key after a change: by hash, never the secret. A higher <see cref="Version"/> replaces a lower one.</summary>
public sealed record ApiKeyChanged
{
    public required Guid KeyId { get; init; }
    public required Guid WorkspaceId { get; init; }

    /// <summary>A key made for a project always counts there; null: the workspace's own spend, or a project named per request.</summary>
    public Guid? ProjectId { get; init; }

    public required string Name { get; init; }

    /// <summary><c>call</c>, <c>report</c>.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>
    /// Its secrets, newest first; one opens the key only while <see cref="ApiKeySecret.ValidUntil"/> is null or later than now; ended ones stay
    /// 90 days so that late usage finds its key.
    /// </summary>
    public required IReadOnlyList<ApiKeySecret> Secrets { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }
    public DateTimeOffset? RevokedAt { get; init; }
    public required long Version { get; init; }
}

/// <param name="Sha256">Lower-case hex of the SHA-256 of the whole secret.</param>
/// <param name="ValidUntil">Null while this is the key's newest secret.</param>
public sealed record ApiKeySecret(string Sha256, DateTimeOffset? ValidUntil);
