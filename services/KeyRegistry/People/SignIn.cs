using System.Globalization;
using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.People;

public sealed record SignInRequest(string Email, string Password);

public sealed record SignInAnswer(string AccessToken, string TokenType, int ExpiresIn);

/// <summary>E-mail and password for an access token. Which of the two was wrong is told neither by the answer nor by its time.</summary>
public static class SignIn
{
    private static readonly PasswordHasher<Person> Hasher = new();
    private static readonly Person Nobody = new(Guid.Empty, "", "", HashOf("nobody has this password"), false, default);

    public static string HashOf(string password) => Hasher.HashPassword(null!, password);

    public static async Task<Results<Ok<SignInAnswer>, ProblemHttpResult>> Handle(
        Form form, HttpContext http, IQuerySession people, AccessTokens tokens, SignInThrottle throttle, CancellationToken ct)
    {
        var email = form.Text("email", 254, required: true)?.ToLowerInvariant();
        var password = form.Text("password", 1_000, required: true);
        if (!form.IsValid) return Problems.Invalid(form.Errors);

        if (throttle.Attempt(email!, http.From()) is { } wait)
        {
            http.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return Problems.Of(429, "RATE_LIMITED", "Too many failed sign-ins. Retry later.");
        }
        var person = await people.Query<Person>().FirstOrDefaultAsync(p => p.Email == email, ct);
        var verified = Hasher.VerifyHashedPassword(null!, (person ?? Nobody).PasswordHash, password!);
        if (person is null || verified == PasswordVerificationResult.Failed)
            return Problems.Of(401, "INVALID_CREDENTIALS", "The e-mail or the password is wrong.");
        throttle.Succeeded(email!, http.From());
        return TypedResults.Ok(new SignInAnswer(await tokens.For(person, ct), "Bearer", (int)AccessTokens.Lifetime.TotalSeconds));
    }
}
