using System.Globalization;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using Polly.Timeout;
using TokenSense.ServiceDefaults.Mail;

namespace TokenSense.Notifier.Channels;

/// <summary>Sends a notice by mail.</summary>
public sealed class Mailer(Postbox postbox, TimeProvider clock)
{
    public async Task<Outcome> Send(string address, Notice notice, CancellationToken ct)
    {
        if (!MailboxAddress.TryParse(address, out var to) || to.Domain.Length == 0) return new Outcome.Unsent("The mail address is not valid.");
        var mail = AlertMail.Of(notice, postbox.From, to, clock.GetUtcNow());
        try
        {
            await postbox.Hand(mail, notice.Alerts[0].At, Postbox.NameOf(notice.MessageId, to.Address), ct);
            return new Outcome.Delivered();
        }
        catch (Exception e) when (!ct.IsCancellationRequested && OutcomeOf(e) is { } outcome)
        {
            return outcome;
        }
    }

    // What servers and libraries say in words may hold the address, and is left out.
    private Outcome? OutcomeOf(Exception fault) => fault switch
    {
        // A mailbox that is full for now, too, is one recipient's and must not hold up everybody's mail.
        SmtpCommandException { ErrorCode: SmtpErrorCode.RecipientNotAccepted, StatusCode: not SmtpStatusCode.ServiceNotAvailable } e => new Outcome.Refused(Said(e)),
        SmtpCommandException { ErrorCode: SmtpErrorCode.MessageNotAccepted, StatusCode: >= (SmtpStatusCode)500 } e => new Outcome.Refused(Said(e)),
        SmtpCommandException e => new Outcome.Unreachable(Said(e)),
        // The address has letters beyond ASCII before its @, and the server does not take such.
        NotSupportedException => new Outcome.Unsent("The mail server does not take such an address."),
        NotOfferedException => new Outcome.Unreachable("The mail server does not offer STARTTLS, or no sign-in."),
        AuthenticationException or ServiceNotAuthenticatedException => new Outcome.Unreachable("The mail server does not take the user and password."),
        SslHandshakeException => new Outcome.Unreachable("No TLS connection to the mail server."),
        TimeoutRejectedException or OperationCanceledException => new Outcome.Unreachable("No answer of the mail server in time."),
        IOException or UnauthorizedAccessException when postbox.IsFolder => new Outcome.Unreachable("The folder for mail cannot be written."),
        _ when SmtpSessions.IsConnectionFault(fault) => new Outcome.Unreachable("No connection to the mail server."),
        _ => null,
    };

    private static string Said(SmtpCommandException fault)
    {
        var of = fault.ErrorCode switch
        {
            SmtpErrorCode.RecipientNotAccepted => "the recipient",
            SmtpErrorCode.SenderNotAccepted => "the sender",
            SmtpErrorCode.MessageNotAccepted => "the message",
            _ => "the connection",
        };
        return string.Create(CultureInfo.InvariantCulture, $"SMTP {(int)fault.StatusCode} for {of}");
    }
}
