using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Members;

public sealed record ChangeMemberRequest(string Role);

/// <summary>Another role, or none, for a member or somebody invited.</summary>
public static class ChangeMember
{
    public static async Task<Results<Ok<MemberView>, ProblemHttpResult>> Handle(
        Guid id, Form form, Access access, Changes changes, TimeProvider clock, CancellationToken ct)
    {
        var role = RoleName.Of(form);
        if (role > access.Role) form.Error("role", "must not be more than your own");
        if (!form.IsValid) return Problems.Invalid(form.Errors);

        var now = clock.GetUtcNow();
        await using var change = await changes.Begin(access, ct);
        var (member, refusal) = await Look(change, access, id, role, now, ct);
        if (refusal is not null) return refusal;
        if (member!.Status == MemberView.Active)
        {
            var give = new MemberCommand.GiveRole(access.Workspace.WorkspaceId, id, role!.Value, now);
            await change.Decide(Member.Stream(give.WorkspaceId, id), (Member? m) => Member.Decide(give, m), ct);
        }
        else
        {
            await change.Execute("update invitations set role = $2 where id = $1", [id, RoleName.Of(role!.Value)], ct);
            var give = new InvitationCommand.ChangeRole(role.Value, now);
            await change.Decide(Invitation.Stream(id), (Invitation? i) => Invitation.Decide(give, i), InviteMember.Untold, ct);
        }
        await change.Commit(ct);
        return TypedResults.Ok(member with { Role = RoleName.Of(role.Value) });
    }

    /// <summary>Removes a member, who then is out at once everywhere, or withdraws an invitation. Everyone may leave by themselves.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> Remove(Guid id, Access access, Changes changes, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var change = await changes.Begin(access, ct);
        var (member, refusal) = await Look(change, access, id, next: null, now, ct);
        if (refusal is not null) return refusal;
        if (member!.Status == MemberView.Active)
        {
            var remove = new MemberCommand.Remove(access.Workspace.WorkspaceId, id, now);
            await change.Decide(Member.Stream(remove.WorkspaceId, id), (Member? m) => Member.Decide(remove, m), ct);
        }
        else
        {
            await Withdraw(change, id, now, ct);
        }
        await change.Commit(ct);
        return TypedResults.NoContent();
    }

    public static async Task Withdraw(Change change, Guid invitationId, DateTimeOffset now, CancellationToken ct)
    {
        await change.Execute("delete from invitations where id = $1", [invitationId], ct);
        var withdraw = new InvitationCommand.Withdraw(now);
        await change.Decide(Invitation.Stream(invitationId), (Invitation? i) => Invitation.Decide(withdraw, i), InviteMember.Untold, ct);
    }

    public static ProblemHttpResult Forbidden() => Problems.Of(403, "FORBIDDEN", "Your role does not allow this: owners alone make, change and remove owners.");

    // The asker's role as it is under the workspace's lock: it may have been taken since they came in.
    private static async Task<(MemberView? Member, ProblemHttpResult? Refusal)> Look(
        Change change, Access access, Guid id, Role? next, DateTimeOffset now, CancellationToken ct)
    {
        var workspaceId = access.Workspace.WorkspaceId;
        if (await MemberRows.Find(change, workspaceId, id, now, ct) is not { } member) return (null, Problems.NotFound());
        var role = access.Caller is Caller.Person person ? await MemberRows.RoleOf(change, workspaceId, person.Id, ct) : access.Role;
        if (role is null) return (null, Problems.NotFound());
        var isMember = member.Status == MemberView.Active;
        // An invited owner is none yet, so there is always another one.
        var owners = isMember ? await MemberRows.Owners(change, workspaceId, ct) : int.MaxValue;
        return MemberRules.MayChange(role.Value, access.Caller is Caller.Person && access.Caller.Id == id, Enum.Parse<Role>(member.Role, ignoreCase: true), next, owners) switch
        {
            MemberRefusal.Forbidden => (null, Forbidden()),
            MemberRefusal.LastOwner => (null, Problems.Of(409, "LAST_OWNER", "A workspace always keeps one owner. Make somebody else an owner first.")),
            _ => (member, null),
        };
    }
}
