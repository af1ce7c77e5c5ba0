using TokenSense.ServiceDefaults.Mail;

namespace TokenSense.Notifier.Channels;

/// <summary>The same in HTML.</summary>
internal static class AlertHtml
{
    public static string Of(Notice notice, AlertWording wording) => MailHtml.Page(
        wording.Title, Color(wording.Severity),
        [
            MailHtml.Paragraph(wording.What), MailHtml.Paragraph(wording.Effect), MailHtml.Table(wording.Facts), MailHtml.Paragraph(wording.Advice),
            MailHtml.Block(string.Join(" · ", wording.Links.Select(link => MailHtml.Link(link.Label, link.Address)))),
        ],
        ConsoleLinks.Home(notice));

    private static string Color(Severity severity) => severity switch
    {
        Severity.Blocked => "#d64545", Severity.Warning => "#c98a1b", Severity.Notice => "#3b82c4", _ => throw new InvalidOperationException(),
    };
}
