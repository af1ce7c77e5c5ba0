using TokenSense.KeyRegistry.Credentials;
using TokenSense.KeyRegistry.Keys;
using TokenSense.KeyRegistry.Members;
using TokenSense.KeyRegistry.People;
using TokenSense.KeyRegistry.Projects;
using TokenSense.KeyRegistry.Workspaces;
using TokenSense.ServiceDefaults.Audit;

namespace TokenSense.KeyRegistry;

/// <summary>How this service's changes are told in the audit log: in the API's terms, without hashes, and of people without names.</summary>
public static class Audited
{
    public static readonly AuditCatalog Catalog = new(
    [
        AuditedStream.Of<Workspace, WorkspaceEvent>(
            Workspace.Evolve, w => new("workspace", $"{w.Id}", w.Name),
            w => new { w.Name, w.Slug, TimeZone = w.TimeZones[^1].Id, TimeZoneSince = w.TimeZones[^1].From, w.DeletedAt },
            [
                new("workspace-created", "workspace.created"), new("workspace-renamed", "workspace.renamed"),
                new("workspace-time-zone-chosen", "workspace.time_zone_chosen"), new("workspace-deleted", "workspace.deleted"),
            ]),
        AuditedStream.Of<Member, MemberEvent>(
            Member.Evolve, m => new("member", $"{m.UserId}", null), m => new { Role = m.Role is { } role ? RoleName.Of(role) : null },
            [new("member-role-given", "member.role_given"), new("member-removed", "member.removed")]),
        AuditedStream.Of<Invitation, InvitationEvent>(
            Invitation.Evolve, i => new("invitation", $"{i.Id}", null), i => new { Role = RoleName.Of(i.Role), i.ExpiresAt, i.ClosedAt },
            [
                new("invitation-made", "invitation.created"), new("invitation-role-changed", "invitation.role_changed"),
                new("invitation-accepted", "invitation.accepted"), new("invitation-withdrawn", "invitation.withdrawn"),
            ],
            told: happened => happened is InvitationEvent.InvitationAccepted e ? new { e.UserId } : null),
        AuditedStream.Of<Project, ProjectEvent>(
            Project.Evolve, p => new("project", $"{p.Id}", p.Name), p => new { p.Name, p.Slug, p.Color, p.Description, p.ArchivedAt },
            [
                new("project-created", "project.created"), new("project-described", "project.changed"),
                new("project-archived", "project.archived"), new("project-unarchived", "project.unarchived"),
            ]),
        AuditedStream.Of<ApiKey, ApiKeyEvent>(
            ApiKey.Evolve, k => new("key", $"{k.Id}", k.Name),
            k => new
            {
                k.Name, k.ProjectId, k.Scopes, k.Secret.Prefix, k.Secret.Last4, k.ExpiresAt, k.RevokedAt,
                OldSecretValidUntil = k.OldSecrets is [var old, ..] ? old.ValidUntil : null,
            },
            [
                new("key-issued", "key.created"), new("key-changed", "key.changed"), new("key-rotated", "key.rotated"), new("key-revoked", "key.revoked"),
            ]),
        AuditedStream.Of<Credential, CredentialEvent>(
            Credential.Evolve, c => new(c.Kind == Credential.Gateway ? "gateway" : "token", $"{c.Id}", c.Name),
            c => c.Kind == Credential.Gateway
                ? new { c.Name, c.Workspaces, c.RevokedAt }
                : new { c.Name, Role = RoleName.Of(c.Role!.Value), c.ExpiresAt, c.RevokedAt },
            [
                new("token-issued", "token.created"), new("gateway-admitted", "gateway.created"),
                new("credential-token-replaced", "token.replaced", OfInstallation: "gateway.token_replaced"),
                new("credential-revoked", "token.revoked", OfInstallation: "gateway.revoked"),
            ]),
        AuditedStream.Of<SigningKey, SigningKeyEvent>(
            SigningKey.Evolve, k => new("signing_key", $"{k.Id}", null), k => new { k.NotAfter },
            [new("signing-key-published", "signing_key.published"), new("signing-key-retired", "signing_key.retired")]),
        AuditedStream.Of<EndedSessions, SessionEvent>(
            EndedSessions.Evolve, s => new("person", $"{s.UserId}", null), _ => null, [new("sessions-ended", "person.sessions_ended")],
            told: happened => happened is SessionEvent.SessionsEnded e ? new { Sessions = e.Sessions.Length } : null),
        AuditedStream.Of<Registration, PersonEvent>(
            Registration.Evolve, p => new("person", $"{p.Id}", null), p => new { p.Revision, p.ErasedAt },
            [
                new("person-registered", "person.registered"), new("person-described", "person.changed"),
                new("person-password-set", "person.password_set"), new("person-erased", "person.erased"),
            ]),
    ],
    MachineFacts: []);
}
