using System.Collections.Immutable;
using TokenSense.Contracts;
using static TokenSense.KeyRegistry.Keys.ApiKeyEvent;

namespace TokenSense.KeyRegistry.Keys;

/// <summary>A secret as it is kept: its hash opens, prefix and last four characters let people recognise it.</summary>
public sealed record SecretMark(string Sha256, string Prefix, string Last4);

public abstract record ApiKeyCommand
{
    public sealed record Issue(
        Guid Id, Guid WorkspaceId, Guid? ProjectId, string Name, ImmutableArray<string> Scopes, SecretMark Secret,
        DateTimeOffset? ExpiresAt, string By, DateTimeOffset At) : ApiKeyCommand;

    public sealed record Change(string Name, DateTimeOffset? ExpiresAt, DateTimeOffset At) : ApiKeyCommand;

    /// <param name="OldValidUntil">How long the secrets before this one still open the key.</param>
    public sealed record Rotate(SecretMark Secret, DateTimeOffset OldValidUntil, DateTimeOffset At) : ApiKeyCommand;

    public sealed record Revoke(DateTimeOffset At) : ApiKeyCommand;
}

// Events are the stored format: members are added, never renamed or removed. No secret, and of people only ids (in By).
public abstract record ApiKeyEvent
{
    public sealed record KeyIssued(
        Guid Id, Guid WorkspaceId, Guid? ProjectId, string Name, ImmutableArray<string> Scopes, SecretMark Secret,
        DateTimeOffset? ExpiresAt, string By, DateTimeOffset At) : ApiKeyEvent;

    public sealed record KeyChanged(string Name, DateTimeOffset? ExpiresAt, DateTimeOffset At) : ApiKeyEvent;
    public sealed record KeyRotated(SecretMark Secret, DateTimeOffset OldValidUntil, DateTimeOffset At) : ApiKeyEvent;
    public sealed record KeyRevoked(DateTimeOffset At) : ApiKeyEvent;
}

/// <summary>An API key: the stream <c>key-{id}</c>, folded.</summary>
/// <param name="OldSecrets">Those before the newest, newest first: they open the key to their end, and name it for late usage for 90 days more.</param>
public sealed record ApiKey(
    Guid Id, Guid WorkspaceId, Guid? ProjectId, string Name, ImmutableArray<string> Scopes, SecretMark Secret,
    ImmutableArray<ApiKeySecret> OldSecrets, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt, string CreatedBy, DateTimeOffset CreatedAt)
    : IFolded<ApiKey, ApiKeyEvent>, IListed
{
    /// <summary>How late the usage of a call may be reported.</summary>
    private const int LateDaysMax = 90;

    private const int OldSecretsMax = 20;

    public static string Stream(Guid id) => $"key-{id}";

    /// <summary><c>active</c>, <c>expired</c> or <c>revoked</c>.</summary>
    public string StatusAt(DateTimeOffset time) => this switch
    {
        { RevokedAt: not null } => "revoked",
        { ExpiresAt: { } expires } when expires <= time => "expired",
        _ => "active",
    };

    public static IEnumerable<ApiKeyEvent> Decide(ApiKeyCommand.Issue c, ApiKey? key) =>
        key is null ? [new KeyIssued(c.Id, c.WorkspaceId, c.ProjectId, c.Name, c.Scopes, c.Secret, c.ExpiresAt, c.By, c.At)] : [];

    public static IEnumerable<ApiKeyEvent> Decide(ApiKeyCommand.Change c, ApiKey? key) =>
        key is { RevokedAt: null } k && (k.Name, k.ExpiresAt) != (c.Name, c.ExpiresAt) ? [new KeyChanged(c.Name, c.ExpiresAt, c.At)] : [];

    // A key that no longer works gets no new secret: it would not work either.
    public static IEnumerable<ApiKeyEvent> Decide(ApiKeyCommand.Rotate c, ApiKey? key) =>
        key is { } k && k.StatusAt(c.At) == "active" && k.Secret != c.Secret ? [new KeyRotated(c.Secret, c.OldValidUntil, c.At)] : [];

    public static IEnumerable<ApiKeyEvent> Decide(ApiKeyCommand.Revoke c, ApiKey? key) =>
        key is { RevokedAt: null } ? [new KeyRevoked(c.At)] : [];

    public static ApiKey Evolve(ApiKey? key, ApiKeyEvent happened) => (key, happened) switch
    {
        (null, KeyIssued e) => new(e.Id, e.WorkspaceId, e.ProjectId, e.Name, e.Scopes, e.Secret, [], e.ExpiresAt, null, e.By, e.At),
        ({ } k, KeyChanged e) => k with { Name = e.Name, ExpiresAt = e.ExpiresAt },
        ({ } k, KeyRotated e) => k with { Secret = e.Secret, OldSecrets = Overlapping(k, e) },
        ({ } k, KeyRevoked e) => k with { RevokedAt = e.At },
        _ => throw new InvalidOperationException($"ApiKey cannot fold {happened.GetType().Name}."),
    };

    public object Contract(long version) => new ApiKeyChanged
    {
        KeyId = Id, WorkspaceId = WorkspaceId, ProjectId = ProjectId, Name = Name, Scopes = Scopes,
        Secrets = [new(Secret.Sha256, null), .. OldSecrets], ExpiresAt = ExpiresAt, RevokedAt = RevokedAt, Version = version,
    };

    // An overlap never lengthens the life of an older secret; none at all ends all of them. So none outlives a newer one,
    // and the limit cuts off only what ended: a secret that still opens the key keeps its place, however many they are.
    private static ImmutableArray<ApiKeySecret> Overlapping(ApiKey key, KeyRotated e) =>
    [
        .. key.OldSecrets.Prepend(new(key.Secret.Sha256, null))
            .Select(s => s.ValidUntil < e.OldValidUntil ? s : s with { ValidUntil = e.OldValidUntil })
            .Where(s => s.ValidUntil >= e.At.AddDays(-LateDaysMax))
            .TakeWhile((s, i) => i < OldSecretsMax || s.ValidUntil > e.At),
    ];
}
