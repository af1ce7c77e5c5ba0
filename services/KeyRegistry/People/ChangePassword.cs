using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.People;

public sealed record ChangePasswordRequest(string CurrentPassword, string NewPassword);

/// <summary>A new password for somebody who knows the old one. Their other sessions end.</summary>
public static class ChangePassword
{
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Form form, HttpContext http, IQuerySession people, Changes changes, SignInThrottle throttle, TimeProvider clock, CancellationToken ct)
    {
        var current = form.Text("current_password", Passwords.LengthMax, required: true);
        var chosen = Passwords.New(form, "new_password");
        if (!form.IsValid) return Problems.Invalid(form.Errors);

        var who = http.Who();
        if (await people.LoadAsync<Person>(who.Id, ct) is not { } person) return Problems.NotFound();
        if (throttle.Attempt(person.Email, http.From()) is { } wait) return Passwords.TooMany(http, wait);
        if (!Passwords.IsOf(person, current!)) return Passwords.Wrong();
        throttle.Succeeded(person.Email, http.From());
        if (Passwords.IsTheMail(chosen!, person.Email)) form.Error("new_password", "must not be the e-mail");
        if (!form.IsValid) return Problems.Invalid(form.Errors);

        var (hash, now) = (Passwords.HashOf(chosen!), clock.GetUtcNow());
        await using var change = await changes.Begin(who.Actor, http.From(), ct);
        // Somebody else, with the same old password, may have been faster.
        if (await Person.Hold(change, who.Id, ct) is not { } held || held.PasswordHash != person.PasswordHash) return Passwords.Wrong();
        await Set(change, held with { PasswordHash = hash }, now, ct);
        await Sessions.End(change, who.Id, only: null, except: who.SessionId, now, ct);
        await change.Commit(ct);
        return TypedResults.NoContent();
    }

    /// <summary>Links to set it by mail that were asked for before are no good any more.</summary>
    public static async Task Set(Change change, Person person, DateTimeOffset now, CancellationToken ct)
    {
        await change.Execute("delete from password_resets where user_id = $1", [person.Id], ct);
        await Person.Write(change, person.Id, person, p => Registration.Decide(new PersonCommand.SetPassword((p?.Passwords ?? 0) + 1, now), p), ct);
    }
}
