using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.KeyRegistry.Mail;
using TokenSense.KeyRegistry.People;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Members;

public sealed record InviteMemberRequest(string Email, string Role, string? Name = null);

/// <summary>An invitation with a one-time link, by mail and in the answer. It does not tell whether the address has an account here.</summary>
public static class InviteMember
{
    public const int OpenMax = 200;

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    public static async Task<Results<Created<MemberView>, ProblemHttpResult>> Handle(
        Form form, HttpContext http, Access access, Changes changes, InvitationThrottle throttle, MailThrottle mails, PostOffice office, Letters letters, TimeProvider clock, CancellationToken ct)
    {
        var email = EmailAddress.Of(form);
        var role = RoleName.Of(form);
        var name = form.Text("name", 100);
        if (role > access.Role) form.Error("role", "must not be more than your own");
        if (!form.IsValid) return Problems.Invalid(form.Errors);
        var workspaceId = access.Workspace.WorkspaceId;
        if ((throttle.Attempt(workspaceId.ToString()) ?? mails.Attempt(workspaceId.ToString(), email!)) is { } wait)
            return Passwords.TooMany(http, wait, "Too many invitations. Retry later.");

        var now = clock.GetUtcNow();
        var token = Secret.New(Secret.Invitation);
        var invite = new InvitationCommand.Invite(Guid.CreateVersion7(now), workspaceId, role!.Value, now + Lifetime, now);
        await using var change = await changes.Begin(access, ct);
        if (await IsMember(change, workspaceId, email!, ct)) return Problems.Of(409, "ALREADY_MEMBER", $"{email} is a member of this workspace.");
        if (await Replace(change, access, email!, now, ct) is { } refusal) return refusal;
        await using (var count = change.Command("select count(*) from invitations where workspace_id = $1 and expires_at > $2", workspaceId, now))
            if ((long)(await count.ExecuteScalarAsync(ct))! >= OpenMax)
                return Problems.Of(409, "TOO_MANY_INVITATIONS", $"A workspace has at most {OpenMax} open invitations. Withdraw some.");
        await using (var keep = change.Command(
            "insert into invitations (id, workspace_id, email, name, role, sha256, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
            invite.Id, workspaceId, email, null, RoleName.Of(invite.Role), Secret.Hash(token), now, invite.ExpiresAt))
        {
            keep.Parameters[3] = new() { Value = (object?)name ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text };
            await keep.ExecuteNonQueryAsync(ct);
        }
        await change.Decide(Invitation.Stream(invite.Id), (Invitation? i) => Invitation.Decide(invite, i), Untold, ct);
        await change.Commit(ct);

        var link = letters.InvitationLink(token);
        office.Post(letters.Invitation(email!, access.Caller.Name, access.Workspace.Name, link, invite.ExpiresAt, now));
        SignIn.NeverKept(http);
        return TypedResults.Created($"/api/v1/workspaces/{workspaceId}/members/{invite.Id}",
            new MemberView(invite.Id, email, name, RoleName.Of(invite.Role), MemberView.Invited, invite.ExpiresAt, link));
    }

    /// <summary>Nobody is told of invitations over the bus.</summary>
    public static object? Untold(Invitation invitation, long version) => null;

    private static async Task<bool> IsMember(Change change, Guid workspaceId, string email, CancellationToken ct)
    {
        await using var command = change.Command(
            """
            select 1 from directory p join directory m on m.kind = 'member' and m.id = $1::text || '/' || p.id and m.body->>'role' is not null
            where p.kind = 'person' and p.body->>'email' = $2
            """, workspaceId.ToString(), email);
        return await command.ExecuteScalarAsync(ct) is not null;
    }

    // A second invitation of one address replaces the first: its link works no more.
    private static async Task<ProblemHttpResult?> Replace(Change change, Access access, string email, DateTimeOffset now, CancellationToken ct)
    {
        Guid id;
        await using (var find = change.Command("select id, role from invitations where workspace_id = $1 and email = $2", access.Workspace.WorkspaceId, email))
        await using (var reader = await find.ExecuteReaderAsync(ct))
        {
            if (!await reader.ReadAsync(ct)) return null;
            if (Enum.Parse<Role>(reader.GetString(1), ignoreCase: true) > access.Role) return ChangeMember.Forbidden();
            id = reader.GetGuid(0);
        }
        await ChangeMember.Withdraw(change, id, now, ct);
        return null;
    }
}
