using System.Globalization;
using System.Net;
using MailKit.Security;
using Microsoft.Extensions.Configuration;
using MimeKit;

namespace TokenSense.ServiceDefaults.Mail;

/// <summary><c>Smtp__…</c>: the mail server; without a host, mail is written into a folder.</summary>
/// <param name="Security">
/// <c>auto</c> (TLS from the start at port 465; else STARTTLS where it is offered, and with a password only with it), <c>none</c>, <c>starttls</c>, <c>tls</c>.
/// </param>
public sealed record SmtpSettings(string? Host, int Port, SecureSocketOptions Security, NetworkCredential? Credential, MailboxAddress From)
{
    private const int PortTls = 465, PortSubmission = 587;

    public static SmtpSettings Of(IConfiguration settings)
    {
        var port = PortSubmission;
        if (Given("Port") is { } number && !(int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= 65_535))
            throw Wrong("Port", "must be 1 to 65535");
        if (!MailboxAddress.TryParse(Given("From") ?? "TokenSense <alerts@localhost>", out var from) || from.Domain.Length == 0)
            throw Wrong("From", "must be a mail address, like TokenSense <alerts@example.com>");
        var (user, password) = (Given("User"), Given("Password"));
        if (user is null != password is null) throw Wrong(user is null ? "User" : "Password", "is missing beside the other");
        var security = (Given("Security") ?? "auto", port) switch
        {
            ("auto", PortTls) or ("tls", _) => SecureSocketOptions.SslOnConnect,
            // A network that hides STARTTLS would get the password in the clear.
            ("auto", _) when password is not null => SecureSocketOptions.StartTls,
            ("auto", _) => SecureSocketOptions.StartTlsWhenAvailable,
            ("starttls", _) => SecureSocketOptions.StartTls,
            ("none", _) => SecureSocketOptions.None,
            _ => throw Wrong("Security", "must be auto, none, starttls or tls"),
        };
        return new(Given("Host"), port, security, user is null ? null : new(user, password), from);

        string? Given(string name) => settings[$"Smtp:{name}"]?.Trim() is { Length: > 0 } value ? value : null;
        static InvalidOperationException Wrong(string name, string what) => new($"Smtp__{name} {what}.");
    }
}
