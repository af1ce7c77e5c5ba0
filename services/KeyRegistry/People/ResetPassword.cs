using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using TokenSense.KeyRegistry.Mail;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.People;

public sealed record ResetPasswordRequest(string Email);

public sealed record ConfirmResetRequest(string Token, string Password);

public sealed record ResetPasswordAnswer(string Message);

/// <summary>A new password for somebody who reads the mail. Neither the answer nor its time tells whether the address is known.</summary>
public static class ResetPassword
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private static readonly ResetPasswordAnswer Answer = new("If somebody has this address, a mail is on its way.");

    public static Results<Accepted<ResetPasswordAnswer>, ProblemHttpResult> Ask(
        Form form, HttpContext http, ResetThrottle throttle, MailThrottle mails, PostOffice office, Letters letters, NpgsqlDataSource database, IDocumentStore store, TimeProvider clock)
    {
        var email = EmailAddress.Of(form);
        if (!form.IsValid) return Problems.Invalid(form.Errors);
        if (throttle.Attempt(http.From()) is { } wait) return Passwords.TooMany(http, wait, "Too many password resets. Retry later.");
        // Who asks too often for one address is not told: the mails of before are there.
        if (mails.Attempt("reset", email!) is null) office.Post(ct => Write(email!, letters, database, store, clock, ct));
        return TypedResults.Accepted((string?)null, Answer);
    }

    public static async Task<Results<NoContent, ProblemHttpResult>> Confirm(
        Form form, HttpContext http, NpgsqlDataSource database, Changes changes, TimeProvider clock, CancellationToken ct)
    {
        var token = form.Text("token", 200, required: true);
        var password = Passwords.New(form, "password");
        if (!form.IsValid) return Problems.Invalid(form.Errors);
        if (!Secret.IsWellFormed(token, Secret.PasswordReset)) return Used();

        var (sha256, now) = (Secret.Hash(token!), clock.GetUtcNow());
        const string asked = "select user_id from password_resets where sha256 = $1 and expires_at > $2";
        await using var look = database.CreateCommand(asked);
        look.Parameters.Add(new() { Value = sha256 });
        look.Parameters.Add(new() { Value = now });
        if (await look.ExecuteScalarAsync(ct) is not Guid userId) return Used();

        var hash = Passwords.HashOf(password!);
        await using var change = await changes.Begin($"user:{userId}", http.From(), ct);
        await using (var still = change.Command(asked, sha256, now))
            if (await still.ExecuteScalarAsync(ct) is null)
                return Used();
        if (await Person.Hold(change, userId, ct) is not { } person) return Used();
        if (Passwords.IsTheMail(password!, person.Email)) form.Error("password", "must not be the e-mail");
        if (!form.IsValid) return Problems.Invalid(form.Errors);
        await ChangePassword.Set(change, person with { PasswordHash = hash }, now, ct);
        await Sessions.End(change, userId, only: null, except: null, now, ct);
        await change.Commit(ct);
        return TypedResults.NoContent();
    }

    /// <summary>One answer to whatever a one-time token is no good for.</summary>
    public static ProblemHttpResult Used() => Problems.Of(400, "LINK_EXPIRED", "This link was used already, was replaced, or is too old.");

    private static async Task<Letter?> Write(string email, Letters letters, NpgsqlDataSource database, IDocumentStore store, TimeProvider clock, CancellationToken ct)
    {
        await using var people = store.QuerySession();
        if (await people.Query<Person>().FirstOrDefaultAsync(p => p.Email == email, ct) is not { } person) return null;
        var (token, now) = (Secret.New(Secret.PasswordReset), clock.GetUtcNow());
        await using var keep = database.CreateCommand("insert into password_resets (sha256, user_id, expires_at) values ($1, $2, $3)");
        foreach (var value in new object[] { Secret.Hash(token), person.Id, now + Lifetime }) keep.Parameters.Add(new() { Value = value });
        await keep.ExecuteNonQueryAsync(ct);
        return letters.PasswordReset(person.Email, token, now);
    }
}
