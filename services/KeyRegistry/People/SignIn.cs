using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.People;

/// <param name="GrantType"><c>password</c>, or <c>refresh_token</c> with the refresh token alone.</param>
public sealed record SignInRequest(string? Email = null, string? Password = null, string? GrantType = null, string? RefreshToken = null);

/// <summary>E-mail and password for a session. Which of the two was wrong is told neither by the answer nor by its time.</summary>
public static class SignIn
{
    public static async Task<Results<Ok<SignInAnswer>, ProblemHttpResult>> Handle(
        Form form, HttpContext http, IQuerySession people, Sessions sessions, SignInThrottle throttle, CancellationToken ct)
    {
        var grant = form.Text("grant_type", 32) ?? "password";
        if (grant == "refresh_token") return await Renew(form, http, sessions, ct);
        if (grant != "password") form.Error("grant_type", "must be password or refresh_token");
        var email = form.Text("email", EmailAddress.LengthMax, required: true)?.ToLowerInvariant();
        var password = form.Text("password", Passwords.LengthMax, required: true);
        if (!form.IsValid) return Problems.Invalid(form.Errors);

        if (throttle.Attempt(email!, http.From()) is { } wait) return Passwords.TooMany(http, wait);
        var person = await people.Query<Person>().FirstOrDefaultAsync(p => p.Email == email, ct);
        if (!Passwords.IsOf(person, password!) || await sessions.Open(person!, http, ct) is not { } opened) return Passwords.Wrong();
        throttle.Succeeded(email!, http.From());
        NeverKept(http);
        return TypedResults.Ok(opened);
    }

    /// <summary>An answer with a token in it stays in no cache (RFC 6749, 5.1).</summary>
    public static void NeverKept(HttpContext http) => http.Response.Headers.CacheControl = "no-store";

    private static async Task<Results<Ok<SignInAnswer>, ProblemHttpResult>> Renew(Form form, HttpContext http, Sessions sessions, CancellationToken ct)
    {
        var refresh = form.Text("refresh_token", 200, required: true);
        if (!form.IsValid) return Problems.Invalid(form.Errors);
        NeverKept(http);
        return await sessions.Renew(refresh!, http, ct) is { } renewed
            ? TypedResults.Ok(renewed)
            : Problems.Of(401, "SESSION_ENDED", "The session has ended. Sign in again.");
    }
}
