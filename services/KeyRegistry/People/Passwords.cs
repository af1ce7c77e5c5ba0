using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using TokenSense.ServiceDefaults;

namespace TokenSense.KeyRegistry.People;

/// <summary>Passwords are long, and nothing else is asked of them (NIST SP 800-63B): 12 to 1,000 characters, and not the e-mail.</summary>
public static class Passwords
{
    public const int LengthMin = 12, LengthMax = 1_000;

    private static readonly PasswordHasher<Person> Hasher = new();
    private static readonly string NobodysHash = HashOf("nobody has this password");

    public static string HashOf(string password) => Hasher.HashPassword(null!, password);

    /// <summary>Takes as long for nobody as for somebody.</summary>
    public static bool IsOf(Person? person, string password) =>
        Hasher.VerifyHashedPassword(null!, person?.PasswordHash ?? NobodysHash, password) != PasswordVerificationResult.Failed && person is not null;

    /// <summary>A new one; null where it is missing or wrong.</summary>
    public static string? New(Form form, string field)
    {
        if (form.Text(field, LengthMax, required: true) is not { } password) return null;
        if (password.Length >= LengthMin) return password;
        form.Error(field, string.Create(CultureInfo.InvariantCulture, $"must be at least {LengthMin} characters"));
        return null;
    }

    public static bool IsTheMail(string password, string email) => string.Equals(password, email, StringComparison.OrdinalIgnoreCase);

    public static ProblemHttpResult Wrong() => Problems.Of(401, "INVALID_CREDENTIALS", "The e-mail or the password is wrong.");

    public static ProblemHttpResult TooMany(HttpContext http, TimeSpan wait, string detail = "Too many failed sign-ins. Retry later.")
    {
        http.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return Problems.Of(429, "RATE_LIMITED", detail);
    }
}
