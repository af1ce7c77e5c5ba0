using TokenSense.Contracts;
using TokenSense.KeyRegistry.Members;
using TokenSense.ServiceDefaults.Access;
using static TokenSense.KeyRegistry.Credentials.CredentialEvent;

namespace TokenSense.KeyRegistry.Credentials;

public abstract record CredentialCommand
{
    public sealed record IssueToken(
        Guid Id, Guid WorkspaceId, string Name, Role Role, string Sha256, DateTimeOffset? ExpiresAt, string By, DateTimeOffset At) : CredentialCommand;

    /// <param name="Workspaces">Null: every workspace.</param>
    public sealed record AdmitGateway(
        Guid Id, string Name, IReadOnlyList<Guid>? Workspaces, string Sha256, string By, DateTimeOffset At) : CredentialCommand;

    public sealed record ReplaceToken(string Sha256, DateTimeOffset At) : CredentialCommand;
    public sealed record Revoke(DateTimeOffset At) : CredentialCommand;
}

// Events are the stored format: members are added, never renamed or removed. No token, and of people only ids (in By).
public abstract record CredentialEvent
{
    public sealed record TokenIssued(
        Guid Id, Guid WorkspaceId, string Name, Role Role, string Sha256, DateTimeOffset? ExpiresAt, string By, DateTimeOffset At) : CredentialEvent;

    public sealed record GatewayAdmitted(
        Guid Id, string Name, IReadOnlyList<Guid>? Workspaces, string Sha256, string By, DateTimeOffset At) : CredentialEvent;

    public sealed record TokenReplaced(string Sha256, DateTimeOffset At) : CredentialEvent;
    public sealed record CredentialRevoked(DateTimeOffset At) : CredentialEvent;
}

/// <summary>A machine's credential, automation token or gateway: the stream <c>credential-{id}</c>, folded.</summary>
/// <param name="WorkspaceId">An automation token's; null for a gateway.</param>
/// <param name="Workspaces">Where a gateway may act; null: everywhere.</param>
public sealed record Credential(
    Guid Id, string Kind, string Name, Guid? WorkspaceId, IReadOnlyList<Guid>? Workspaces, Role? Role, string Sha256,
    DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt, string CreatedBy, DateTimeOffset CreatedAt)
    : IFolded<Credential, CredentialEvent>, IListed
{
    public const string Automation = "automation";
    public const string Gateway = "gateway";

    public static string Stream(Guid id) => $"credential-{id}";

    public static IEnumerable<CredentialEvent> Decide(CredentialCommand.IssueToken c, Credential? credential) =>
        credential is null ? [new TokenIssued(c.Id, c.WorkspaceId, c.Name, c.Role, c.Sha256, c.ExpiresAt, c.By, c.At)] : [];

    public static IEnumerable<CredentialEvent> Decide(CredentialCommand.AdmitGateway c, Credential? credential) =>
        credential is null ? [new GatewayAdmitted(c.Id, c.Name, c.Workspaces, c.Sha256, c.By, c.At)] : [];

    public static IEnumerable<CredentialEvent> Decide(CredentialCommand.ReplaceToken c, Credential? credential) =>
        credential is { RevokedAt: null } known && known.Sha256 != c.Sha256 ? [new TokenReplaced(c.Sha256, c.At)] : [];

    public static IEnumerable<CredentialEvent> Decide(CredentialCommand.Revoke c, Credential? credential) =>
        credential is { RevokedAt: null } ? [new CredentialRevoked(c.At)] : [];

    public static Credential Evolve(Credential? credential, CredentialEvent happened) => (credential, happened) switch
    {
        (null, TokenIssued e) => new(e.Id, Automation, e.Name, e.WorkspaceId, null, e.Role, e.Sha256, e.ExpiresAt, null, e.By, e.At),
        (null, GatewayAdmitted e) => new(e.Id, Gateway, e.Name, null, e.Workspaces, null, e.Sha256, null, null, e.By, e.At),
        ({ } c, TokenReplaced e) => c with { Sha256 = e.Sha256 },
        ({ } c, CredentialRevoked e) => c with { RevokedAt = e.At },
        _ => throw new InvalidOperationException($"Credential cannot fold {happened.GetType().Name}."),
    };

    public object Contract(long version) => new CredentialChanged
    {
        CredentialId = Id, Kind = Kind, Name = Name, Sha256 = Sha256, Workspaces = WorkspaceId is { } own ? [own] : Workspaces,
        Role = Role is { } role ? RoleName.Of(role) : null, ExpiresAt = ExpiresAt, RevokedAt = RevokedAt, Version = version,
    };
}
