using MimeKit;
using TokenSense.ServiceDefaults;

namespace TokenSense.KeyRegistry.People;

/// <summary>Mail addresses as people are known by them: lower-case.</summary>
public static class EmailAddress
{
    public const int LengthMax = 254;

    /// <summary>The one given in a form; null where it is missing or wrong.</summary>
    public static string? Of(Form form)
    {
        if (form.Text("email", LengthMax, required: true)?.ToLowerInvariant() is not { } email) return null;
        if (IsValid(email)) return email;
        form.Error("email", "must be a mail address");
        return null;
    }

    public static bool IsValid(string email) =>
        email.Length <= LengthMax && !email.Any(c => char.IsWhiteSpace(c) || c is '<' or '>' or ',' or ';' or '"' or '(' or ')') && email.Count(c => c == '@') == 1
        && !email.StartsWith('@') && MailboxAddress.TryParse(email, out var read) && read.Address == email && read.Domain.Length > 0;
}
