using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.Contracts;
using TokenSense.KeyRegistry.Members;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;
using TokenSense.ServiceDefaults.Mail;

namespace TokenSense.KeyRegistry.People;

public sealed record EraseMeRequest(string Password);

/// <summary>Deletes a person: their sessions, roles, name, mail and network addresses (product decision 20). That it was done, and by whom, stays.</summary>
public sealed class Erasure(Changes changes, MailFolder folder, TimeProvider clock)
{
    private const int NamedMax = 10;

    public static async Task<Results<NoContent, ProblemHttpResult>> OfMe(
        Form form, HttpContext http, IQuerySession people, Erasure erasure, SignInThrottle throttle, CancellationToken ct)
    {
        var password = form.Text("password", Passwords.LengthMax, required: true);
        if (!form.IsValid) return Problems.Invalid(form.Errors);
        var who = http.Who();
        if (await people.LoadAsync<Person>(who.Id, ct) is not { } person) return Problems.NotFound();
        if (throttle.Attempt(person.Email, http.From()) is { } wait) return Passwords.TooMany(http, wait);
        if (!Passwords.IsOf(person, password!)) return Passwords.Wrong();
        throttle.Succeeded(person.Email, http.From());
        return await erasure.Of(who.Id, who.Actor, http.From(), ct) is { } refusal ? refusal : TypedResults.NoContent();
    }

    public static async Task<Results<NoContent, ProblemHttpResult>> OfPerson(Guid id, HttpContext http, Erasure erasure, CancellationToken ct) =>
        await erasure.Of(id, http.Who().Actor, http.From(), ct) is { } refusal ? refusal : TypedResults.NoContent();

    /// <summary>Everybody whom the installation knows; for its operator.</summary>
    public static async Task<Results<Ok<Page<PersonView>>, ProblemHttpResult>> List(Paging paging, IQuerySession people, CancellationToken ct)
    {
        if (!paging.IsValid) return Problems.Invalid(paging.Errors);
        var found = await people.Query<Person>().Where(p => p.Id > paging.After).OrderBy(p => p.Id).Take(paging.Take).ToListAsync(ct);
        return TypedResults.Ok(paging.Of(found, p => p.Id, PersonView.Of));
    }

    private async Task<ProblemHttpResult?> Of(Guid id, string by, string from, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        // Nobody gets a role anywhere while the installation's lock is held.
        await using var change = await changes.Begin(by, from, ct);
        if (await Person.Hold(change, id, ct) is not { } person) return Problems.NotFound();
        if (person.IsOperator && !await change.Session.Query<Person>().AnyAsync(p => p.IsOperator && p.Id != id, ct))
            return Problems.Of(409, "LAST_OPERATOR", "Nobody else runs this installation.");

        await Sessions.End(change, id, only: null, except: null, now, ct);
        var erase = new PersonCommand.Erase(now);
        await Person.Write(change, id, who: null, p => Registration.Decide(erase, p), ct);
        await change.Execute("delete from password_resets where user_id = $1", [id], ct);
        await change.Execute("delete from invitations where email = $1", [person.Email], ct);

        var lastOwnerOf = new List<string>();
        foreach (var (workspaceId, slug) in await Workspaces(change, id, ct))
        {
            await change.Enter(workspaceId);
            if (slug is not null && await MemberRows.RoleOf(change, workspaceId, id, ct) == Role.Owner && await MemberRows.Owners(change, workspaceId, ct) == 1) lastOwnerOf.Add(slug);
            var remove = new MemberCommand.Remove(workspaceId, id, now);
            await change.Decide(Member.Stream(workspaceId, id), (Member? m) => Member.Decide(remove, m), ct);
        }
        if (lastOwnerOf.Count > 0)
        {
            var more = lastOwnerOf.Count > NamedMax ? $" and {lastOwnerOf.Count - NamedMax} more" : "";
            return Problems.Of(409, "LAST_OWNER", $"The last owner of: {string.Join(", ", lastOwnerOf.Take(NamedMax))}{more}. Make somebody else an owner there, or delete the workspace.");
        }
        await Directory.Erase(new PersonErased { UserId = id, Version = 1 }, change.Transaction, ct);
        await change.Commit(ct);
        folder.Forget(person.Email);
        return null;
    }

    // In the order of their ids, as they are locked; of a deleted workspace without a slug, because nobody owns it.
    private static async Task<IReadOnlyList<(Guid Id, string? Slug)>> Workspaces(Change change, Guid userId, CancellationToken ct)
    {
        await using var command = change.Command(
            """
            select m.workspace_id, case when w.body->>'deletedAt' is null then w.slug end from directory m join directory w on w.kind = 'workspace' and w.id = m.workspace_id::text
            where m.kind = 'member' and m.id like '%/' || $1 and m.body->>'role' is not null order by m.workspace_id
            """, userId.ToString());
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<(Guid, string?)>();
        while (await reader.ReadAsync(ct)) found.Add((reader.GetGuid(0), await reader.IsDBNullAsync(1, ct) ? null : reader.GetString(1)));
        return found;
    }
}
