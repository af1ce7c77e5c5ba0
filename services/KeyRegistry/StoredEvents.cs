using Marten;
using TokenSense.KeyRegistry.Credentials;
using TokenSense.KeyRegistry.Keys;
using TokenSense.KeyRegistry.Members;
using TokenSense.KeyRegistry.People;
using TokenSense.KeyRegistry.Projects;
using TokenSense.KeyRegistry.Workspaces;

namespace TokenSense.KeyRegistry;

/// <summary>The names by which events are stored, for ever, and the documents beside them.</summary>
public static class StoredEvents
{
    public static void Pin(StoreOptions options)
    {
        options.Events.MapEventType<WorkspaceEvent.WorkspaceCreated>("workspace-created");
        options.Events.MapEventType<WorkspaceEvent.WorkspaceRenamed>("workspace-renamed");
        options.Events.MapEventType<WorkspaceEvent.TimeZoneChosen>("workspace-time-zone-chosen");
        options.Events.MapEventType<WorkspaceEvent.WorkspaceDeleted>("workspace-deleted");
        options.Events.MapEventType<MemberEvent.RoleGiven>("member-role-given");
        options.Events.MapEventType<MemberEvent.MemberRemoved>("member-removed");
        options.Events.MapEventType<InvitationEvent.MemberInvited>("invitation-made");
        options.Events.MapEventType<InvitationEvent.InvitedRoleChanged>("invitation-role-changed");
        options.Events.MapEventType<InvitationEvent.InvitationAccepted>("invitation-accepted");
        options.Events.MapEventType<InvitationEvent.InvitationWithdrawn>("invitation-withdrawn");
        options.Events.MapEventType<ProjectEvent.ProjectCreated>("project-created");
        options.Events.MapEventType<ProjectEvent.ProjectDescribed>("project-described");
        options.Events.MapEventType<ProjectEvent.ProjectArchived>("project-archived");
        options.Events.MapEventType<ProjectEvent.ProjectUnarchived>("project-unarchived");
        options.Events.MapEventType<ApiKeyEvent.KeyIssued>("key-issued");
        options.Events.MapEventType<ApiKeyEvent.KeyChanged>("key-changed");
        options.Events.MapEventType<ApiKeyEvent.KeyRotated>("key-rotated");
        options.Events.MapEventType<ApiKeyEvent.KeyRevoked>("key-revoked");
        options.Events.MapEventType<CredentialEvent.TokenIssued>("token-issued");
        options.Events.MapEventType<CredentialEvent.GatewayAdmitted>("gateway-admitted");
        options.Events.MapEventType<CredentialEvent.TokenReplaced>("credential-token-replaced");
        options.Events.MapEventType<CredentialEvent.CredentialRevoked>("credential-revoked");
        options.Events.MapEventType<SigningKeyEvent.SigningKeyPublished>("signing-key-published");
        options.Events.MapEventType<SigningKeyEvent.SigningKeyRetired>("signing-key-retired");
        options.Events.MapEventType<SessionEvent.SessionsEnded>("sessions-ended");
        options.Events.MapEventType<PersonEvent.PersonRegistered>("person-registered");
        options.Events.MapEventType<PersonEvent.PersonDescribed>("person-described");
        options.Events.MapEventType<PersonEvent.PasswordSet>("person-password-set");
        options.Events.MapEventType<PersonEvent.PersonErased>("person-erased");

        options.Schema.For<Project>().Duplicate(p => p.WorkspaceId);
        options.Schema.For<ApiKey>().Duplicate(k => k.WorkspaceId);
        options.Schema.For<Credential>().Duplicate(c => c.WorkspaceId).Index(c => c.Sha256);
        options.Schema.For<Person>().UniqueIndex(p => p.Email);
    }
}
