using System.Globalization;
using System.Net.Http.Headers;

namespace TokenSense.Notifier.Channels;

/// <summary>Sends a notice as a signed CloudEvent (Standard Webhooks).</summary>
public sealed class WebhookSender(ChannelHttp http, TimeProvider clock)
{
    public Task<Outcome> Send(Uri url, string secret, Notice notice, CancellationToken ct)
    {
        if (!WebhookSecret.TryRead(secret, out var key)) return Task.FromResult<Outcome>(new Outcome.Unsent("The channel's secret is not valid."));
        var (id, body) = ($"msg_{notice.MessageId:N}", WebhookEvent.Of(notice));
        return http.Post(url, () => Request(id, key, body), ct);
    }

    private HttpRequestMessage Request(string id, byte[] key, byte[] body)
    {
        // Of this try: a receiver takes nothing that is older than some minutes.
        var timestamp = clock.GetUtcNow().ToUnixTimeSeconds();
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(WebhookEvent.ContentType) { CharSet = "utf-8" };
        return new HttpRequestMessage
        {
            Content = content,
            Headers =
            {
                { "webhook-id", id },
                { "webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture) },
                { "webhook-signature", WebhookSecret.Sign(key, id, timestamp, body) },
            },
        };
    }
}
