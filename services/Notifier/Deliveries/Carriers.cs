using TokenSense.Notifier.Channels;

namespace TokenSense.Notifier.Deliveries;

/// <summary>Hands a message to the sender of its channel's type.</summary>
public sealed class Carriers(Mailer mail, WebhookSender webhooks, SlackSender slack)
{
    public Task<Outcome> Send(AddressedNotice addressed, CancellationToken ct) => (addressed.ChannelType, addressed.To) switch
    {
        (Channel.Email, { Address: { } address }) => mail.Send(address, addressed.Notice, ct),
        (Channel.Webhook, { Url: { } url, Secret: { } secret }) => webhooks.Send(new Uri(url), secret, addressed.Notice, ct),
        (Channel.Slack, { Url: { } url }) => slack.Send(new Uri(url), addressed.Notice, ct),
        _ => Task.FromResult<Outcome>(new Outcome.Nowhere("The channel leads nowhere.")),
    };
}
