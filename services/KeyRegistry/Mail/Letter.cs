using System.Globalization;
using System.Text;
using MimeKit;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Mail;

namespace TokenSense.KeyRegistry.Mail;

/// <summary>A mail to one person with one thing to do.</summary>
/// <param name="Id">Names it over every retry.</param>
/// <param name="Link">What to open. Its secret is behind the #, which no browser sends and no proxy logs.</param>
public sealed record Letter(Guid Id, string To, DateTimeOffset At, string Subject, IReadOnlyList<string> Before, string LinkText, Uri Link, IReadOnlyList<string> After, Uri Home)
{
    private const string Color = "#3b82c4";

    public string Name => Postbox.NameOf(Id, To);

    public MimeMessage Mail(MailboxAddress from)
    {
        var mail = new MimeMessage { Subject = Subject, Date = At, MessageId = $"{Name}@{from.Domain}" };
        mail.From.Add(from);
        mail.To.Add(MailboxAddress.Parse(To));
        mail.Headers.Add("Auto-Submitted", "auto-generated");
        mail.Body = new BodyBuilder { TextBody = Plain, HtmlBody = Html }.ToMessageBody();
        return mail;
    }

    private string Plain => string.Concat(
        string.Join("\n\n", [Subject, .. Before, Link.AbsoluteUri, .. After]), "\n\n-- \nTokenSense, ", Home.AbsoluteUri, "\n");

    private string Html => MailHtml.Page(
        Subject, Color, [.. Before.Select(MailHtml.Paragraph), MailHtml.Block(MailHtml.Link(LinkText, Link)), .. After.Select(MailHtml.Paragraph)], Home);
}

/// <summary>The mails that this service writes itself, because a one-time token may be in no message.</summary>
public sealed class Letters(ConsoleAddress console)
{
    private const int NameMax = 60;

    /// <param name="to">The address that is invited.</param>
    /// <param name="by">Who invites.</param>
    /// <param name="workspace">Its name.</param>
    /// <param name="link">By <see cref="InvitationLink"/>.</param>
    /// <param name="expiresAt">When it ends.</param>
    /// <param name="now">The time.</param>
    public Letter Invitation(string to, string by, string workspace, Uri link, DateTimeOffset expiresAt, DateTimeOffset now) => new(
        Guid.CreateVersion7(now), to, now, $"You are invited to {Line(workspace)}",
        [$"{Line(by)} invites you to the workspace {Line(workspace)} on TokenSense, where a team sees and caps what its AI calls cost."],
        "Accept the invitation", link,
        [$"The link works once, until {Time(expiresAt)}.", "If you expected no invitation, you need not do anything."], console.Url);

    public Letter PasswordReset(string to, string token, DateTimeOffset now) => new(
        Guid.CreateVersion7(now), to, now, "Choose a new password",
        ["Somebody asked for a new password for your TokenSense account."],
        "Choose a new password", Page("/password-reset", token),
        [$"The link works once, until {Time(now + People.ResetPassword.Lifetime)}. All your sessions end when you use it.", "If it was not you, you need not do anything: your password stays as it is."], console.Url);

    public Uri InvitationLink(string token) => Page("/invitation", token);

    private Uri Page(string path, string token) => new($"{console.Url.AbsoluteUri.TrimEnd('/')}{path}#{token}");

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("d MMMM yyyy, HH:mm 'UTC'", CultureInfo.InvariantCulture);

    // Names are other people's text: one line, no controls, no marks that turn the direction of what follows.
    private static string Line(string name)
    {
        var text = new StringBuilder();
        foreach (var rune in name.EnumerateRunes().Where(r => Rune.GetUnicodeCategory(r) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)).Take(NameMax))
            text.Append(rune.ToString());
        return text.ToString().Trim();
    }
}
