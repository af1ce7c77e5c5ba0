using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using TokenSense.KeyRegistry.People;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Members;

public sealed record LookAtInvitationRequest(string Token);

/// <param name="NeedsPassword">A new account is made for the address: a password is to be chosen. Else its own proves who accepts.</param>
public sealed record InvitationView(string Workspace, string Email, string? Name, string Role, bool NeedsPassword, DateTimeOffset ExpiresAt);

public sealed record AcceptInvitationRequest(string Token, string Password, string? Name = null);

/// <summary>Signed in, and a member.</summary>
public sealed record AcceptedView(
    Guid WorkspaceId, string WorkspaceSlug, string Role, string AccessToken, string TokenType, int ExpiresIn, string RefreshToken, int RefreshExpiresIn);

/// <summary>Whoever has the link of an invitation sees what it is for, and accepts it once.</summary>
public static class AcceptInvitation
{
    public static async Task<Results<Ok<InvitationView>, ProblemHttpResult>> Look(
        Form form, IQuerySession people, NpgsqlDataSource database, Directory directory, TimeProvider clock, CancellationToken ct)
    {
        var token = form.Text("token", 200, required: true);
        if (!form.IsValid) return Problems.Invalid(form.Errors);
        if (await Find(database, token!, clock.GetUtcNow(), ct) is not { } invited || await directory.Workspace(invited.WorkspaceId.ToString(), ct) is not { } workspace)
            return ResetPassword.Used();
        var isKnown = await people.Query<Person>().AnyAsync(p => p.Email == invited.Email, ct);
        return TypedResults.Ok(new InvitationView(workspace.Name, invited.Email, invited.Name, RoleName.Of(invited.Role), !isKnown, invited.ExpiresAt));
    }

    public static async Task<Results<Ok<AcceptedView>, ProblemHttpResult>> Handle(
        Form form, HttpContext http, IQuerySession people, NpgsqlDataSource database, Directory directory, Changes changes, Sessions sessions, SignInThrottle throttle, TimeProvider clock, CancellationToken ct)
    {
        var token = form.Text("token", 200, required: true);
        var name = form.Text("name", 100);
        var password = form.Text("password", Passwords.LengthMax, required: true);
        if (!form.IsValid) return Problems.Invalid(form.Errors);
        var now = clock.GetUtcNow();
        if (await Find(database, token!, now, ct) is not { } invited || await directory.Workspace(invited.WorkspaceId.ToString(), ct) is not { } workspace)
            return ResetPassword.Used();

        // Hashing takes a while, so it is done before anything is locked.
        var person = await people.Query<Person>().FirstOrDefaultAsync(p => p.Email == invited.Email, ct);
        var isNew = person is null;
        if (person is null)
        {
            if (Passwords.New(form, "password") is { } chosen && Passwords.IsTheMail(chosen, invited.Email)) form.Error("password", "must not be the e-mail");
            if (!form.IsValid) return Problems.Invalid(form.Errors);
            var called = name is { Length: > 0 } ? name : invited.Name ?? invited.Email.Split('@')[0];
            person = new Person(Guid.CreateVersion7(now), invited.Email, called, Passwords.HashOf(password!), IsOperator: false, now);
        }
        else
        {
            if (throttle.Attempt(person.Email, http.From()) is { } wait) return Passwords.TooMany(http, wait);
            if (!Passwords.IsOf(person, password!)) return Passwords.Wrong();
            throttle.Succeeded(person.Email, http.From());
        }

        if (await Join(changes, invited, person, isNew, http.From(), now, ct) is not { } role || await sessions.Open(person, http, ct) is not { } opened) return ResetPassword.Used();
        SignIn.NeverKept(http);
        return TypedResults.Ok(new AcceptedView(
            workspace.WorkspaceId, workspace.Slug, RoleName.Of(role), opened.AccessToken, opened.TokenType, opened.ExpiresIn, opened.RefreshToken, opened.RefreshExpiresIn));
    }

    /// <returns>Null: somebody was faster.</returns>
    private static async Task<Role?> Join(Changes changes, Invited invited, Person person, bool isNew, string from, DateTimeOffset now, CancellationToken ct)
    {
        await using var change = await changes.Begin($"user:{person.Id}", from, ct);
        if (isNew)
        {
            if (await change.Session.Query<Person>().AnyAsync(p => p.Email == person.Email, ct)) return null;
            var register = new PersonCommand.Register(person.Id, now);
            await Person.Write(change, person.Id, person, p => Registration.Decide(register, p), ct);
        }
        else if (await Person.Hold(change, person.Id, ct) is not { } held || held.PasswordHash != person.PasswordHash)
        {
            return null;
        }
        await change.Enter(invited.WorkspaceId);
        // Under the workspace's lock: its role may have been changed, or it withdrawn, or the workspace deleted.
        await using (var take = change.Command("delete from invitations where id = $1 and sha256 = $2 and expires_at > $3 returning role", invited.Id, invited.Sha256, now))
        {
            if (await take.ExecuteScalarAsync(ct) is not string role) return null;
            invited = invited with { Role = Enum.Parse<Role>(role, ignoreCase: true) };
        }
        // It never takes from what they have already.
        var has = await MemberRows.RoleOf(change, invited.WorkspaceId, person.Id, ct);
        var give = new MemberCommand.GiveRole(invited.WorkspaceId, person.Id, has > invited.Role ? has.Value : invited.Role, now);
        await change.Decide(Member.Stream(invited.WorkspaceId, person.Id), (Member? m) => Member.Decide(give, m), ct);
        var accept = new InvitationCommand.Accept(person.Id, now);
        await change.Decide(Invitation.Stream(invited.Id), (Invitation? i) => Invitation.Decide(accept, i), InviteMember.Untold, ct);
        await change.Commit(ct);
        return give.Role;
    }

    private static async Task<Invited?> Find(NpgsqlDataSource database, string token, DateTimeOffset now, CancellationToken ct)
    {
        if (!Secret.IsWellFormed(token, Secret.Invitation)) return null;
        var sha256 = Secret.Hash(token);
        await using var find = database.CreateCommand("select id, workspace_id, email, name, role, expires_at from invitations where sha256 = $1 and expires_at > $2");
        find.Parameters.Add(new() { Value = sha256 });
        find.Parameters.Add(new() { Value = now });
        await using var reader = await find.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct)
            ? new(reader.GetGuid(0), reader.GetGuid(1), reader.GetString(2), await reader.IsDBNullAsync(3, ct) ? null : reader.GetString(3),
                Enum.Parse<Role>(reader.GetString(4), ignoreCase: true), sha256, reader.GetFieldValue<DateTimeOffset>(5))
            : null;
    }

    private sealed record Invited(Guid Id, Guid WorkspaceId, string Email, string? Name, Role Role, string Sha256, DateTimeOffset ExpiresAt);
}
