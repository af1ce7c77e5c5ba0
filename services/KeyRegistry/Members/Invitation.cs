using TokenSense.ServiceDefaults.Access;
using static TokenSense.KeyRegistry.Members.InvitationEvent;

namespace TokenSense.KeyRegistry.Members;

public abstract record InvitationCommand
{
    public sealed record Invite(Guid Id, Guid WorkspaceId, Role Role, DateTimeOffset ExpiresAt, DateTimeOffset At) : InvitationCommand;
    public sealed record ChangeRole(Role Role, DateTimeOffset At) : InvitationCommand;
    public sealed record Accept(Guid UserId, DateTimeOffset At) : InvitationCommand;
    public sealed record Withdraw(DateTimeOffset At) : InvitationCommand;
}

// Events are the stored format: members are added, never renamed or removed. Who is invited stands in a row that can be erased.
public abstract record InvitationEvent
{
    public sealed record MemberInvited(Guid Id, Guid WorkspaceId, Role Role, DateTimeOffset ExpiresAt, DateTimeOffset At) : InvitationEvent;
    public sealed record InvitedRoleChanged(Role Role, DateTimeOffset At) : InvitationEvent;
    public sealed record InvitationAccepted(Guid UserId, DateTimeOffset At) : InvitationEvent;
    public sealed record InvitationWithdrawn(DateTimeOffset At) : InvitationEvent;
}

/// <summary>An invitation to a workspace: the stream <c>invitation-{id}</c>, folded.</summary>
/// <param name="ClosedAt">Accepted or withdrawn.</param>
public sealed record Invitation(Guid Id, Guid WorkspaceId, Role Role, DateTimeOffset ExpiresAt, DateTimeOffset? ClosedAt) : IEvolved<Invitation, InvitationEvent>
{
    public static string Stream(Guid id) => $"invitation-{id}";

    public bool IsOpenAt(DateTimeOffset time) => ClosedAt is null && time < ExpiresAt;

    public static IEnumerable<InvitationEvent> Decide(InvitationCommand.Invite c, Invitation? invitation) =>
        invitation is null ? [new MemberInvited(c.Id, c.WorkspaceId, c.Role, c.ExpiresAt, c.At)] : [];

    public static IEnumerable<InvitationEvent> Decide(InvitationCommand.ChangeRole c, Invitation? invitation) =>
        invitation is { } i && i.IsOpenAt(c.At) && i.Role != c.Role ? [new InvitedRoleChanged(c.Role, c.At)] : [];

    public static IEnumerable<InvitationEvent> Decide(InvitationCommand.Accept c, Invitation? invitation) =>
        invitation is { } i && i.IsOpenAt(c.At) ? [new InvitationAccepted(c.UserId, c.At)] : [];

    public static IEnumerable<InvitationEvent> Decide(InvitationCommand.Withdraw c, Invitation? invitation) =>
        invitation is { ClosedAt: null } ? [new InvitationWithdrawn(c.At)] : [];

    public static Invitation Evolve(Invitation? invitation, InvitationEvent happened) => (invitation, happened) switch
    {
        (null, MemberInvited e) => new(e.Id, e.WorkspaceId, e.Role, e.ExpiresAt, null),
        ({ } i, InvitedRoleChanged e) => i with { Role = e.Role },
        ({ } i, InvitationAccepted e) => i with { ClosedAt = e.At },
        ({ } i, InvitationWithdrawn e) => i with { ClosedAt = e.At },
        _ => throw new InvalidOperationException($"Invitation cannot fold {happened.GetType().Name}."),
    };
}
