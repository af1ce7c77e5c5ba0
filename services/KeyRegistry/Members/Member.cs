using TokenSense.Contracts;
using TokenSense.ServiceDefaults.Access;
using static TokenSense.KeyRegistry.Members.MemberEvent;

namespace TokenSense.KeyRegistry.Members;

public abstract record MemberCommand
{
    public sealed record GiveRole(Guid WorkspaceId, Guid UserId, Role Role, DateTimeOffset At) : MemberCommand;
    public sealed record Remove(Guid WorkspaceId, Guid UserId, DateTimeOffset At) : MemberCommand;
}

// Events are the stored format: members are added, never renamed or removed. A person is an id here and nothing else.
public abstract record MemberEvent
{
    public sealed record RoleGiven(Guid WorkspaceId, Guid UserId, Role Role, DateTimeOffset At) : MemberEvent;
    public sealed record MemberRemoved(Guid WorkspaceId, Guid UserId, DateTimeOffset At) : MemberEvent;
}

/// <summary>What a person may do in a workspace: the stream <c>member-{workspace}-{user}</c>, folded.</summary>
/// <param name="Role">Null: they are no member any more.</param>
public sealed record Member(Guid WorkspaceId, Guid UserId, Role? Role) : IFolded<Member, MemberEvent>
{
    public static string Stream(Guid workspaceId, Guid userId) => $"member-{workspaceId}-{userId}";

    public static IEnumerable<MemberEvent> Decide(MemberCommand.GiveRole c, Member? member) =>
        member?.Role == c.Role ? [] : [new RoleGiven(c.WorkspaceId, c.UserId, c.Role, c.At)];

    public static IEnumerable<MemberEvent> Decide(MemberCommand.Remove c, Member? member) =>
        member?.Role is null ? [] : [new MemberRemoved(c.WorkspaceId, c.UserId, c.At)];

    public static Member Evolve(Member? member, MemberEvent happened) => happened switch
    {
        RoleGiven e => new(e.WorkspaceId, e.UserId, e.Role),
        MemberRemoved e => new(e.WorkspaceId, e.UserId, null),
        _ => throw new InvalidOperationException($"Member cannot fold {happened.GetType().Name}."),
    };

    public object Contract(long version) => new MemberChanged
    {
        WorkspaceId = WorkspaceId, UserId = UserId, Role = Role is { } role ? RoleName.Of(role) : null, Version = version,
    };
}
