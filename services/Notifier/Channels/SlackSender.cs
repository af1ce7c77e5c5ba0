using System.Net.Http.Headers;

namespace TokenSense.Notifier.Channels;

/// <summary>Sends a notice to an incoming webhook of Slack, or of what is compatible with it.</summary>
public sealed class SlackSender(ChannelHttp http)
{
    // What Slack says of an address that is switched off for good, with 404 or 403; 410 says it alone.
    private static readonly string[] SwitchedOff = ["no_service", "no_active_hooks", "no_team", "channel_is_archived", "team_disabled"];

    public Task<Outcome> Send(Uri url, Notice notice, CancellationToken ct)
    {
        var body = SlackMessage.Of(notice);
        return http.Post(url, () => Request(body), ct, OwnMeaning);
    }

    private static HttpRequestMessage Request(byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" };
        return new HttpRequestMessage { Content = content };
    }

    private static Outcome? OwnMeaning(int status, string answer) =>
        status is 403 or 404 && SwitchedOff.FirstOrDefault(word => answer.Trim() == word) is { } word ? new Outcome.Gone($"HTTP {status}: {word}") : null;
}
