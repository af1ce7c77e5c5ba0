using MimeKit;
using TokenSense.ServiceDefaults.Mail;

namespace TokenSense.Notifier.Channels;

/// <summary>A notice as a mail to one recipient.</summary>
public static class AlertMail
{
    public static MimeMessage Of(Notice notice, MailboxAddress from, MailboxAddress to, DateTimeOffset now)
    {
        var (alert, text) = (notice.Alerts[0], AlertText.Of(notice));
        var mail = new MimeMessage { Subject = text.Subject, Date = now, MessageId = $"{Postbox.NameOf(notice.MessageId, to.Address)}@{from.Domain}" };
        mail.From.Add(from);
        mail.To.Add(to);
        mail.Headers.Add("Auto-Submitted", "auto-generated");
        mail.Headers.Add("X-TokenSense-Alert-Id", alert.Id.ToString());
        // A message that nobody got: what names it is shown as one conversation, here all of one budget's month.
        if (alert.Period is { } period) mail.References.Add($"{period}.{alert.Scope}.{alert.ScopeId:N}.{notice.WorkspaceId:N}@{from.Domain}");
        mail.Body = new BodyBuilder { TextBody = text.Plain, HtmlBody = text.Html }.ToMessageBody();
        return mail;
    }
}
