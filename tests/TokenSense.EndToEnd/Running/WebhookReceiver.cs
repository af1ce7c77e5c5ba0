using System.Globalization;
using System.Text.Json.Nodes;

namespace TokenSense.EndToEnd.Running;

/// <summary>Somebody's HTTP server that takes webhooks and verifies them with the standardwebhooks library; takes chat messages as well.</summary>
public sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly NodeReceiver _node = new("webhook.mjs");
    private readonly Dictionary<string, string> _secrets = [];

    /// <param name="Ok">Whether signature and time hold; null where <see cref="Expect"/> was not told a secret for the path.</param>
    /// <param name="Why">What the library said where they do not.</param>
    /// <param name="Status">What was answered; 0: nothing, the connection broke.</param>
    /// <param name="Headers">By lower-case name.</param>
    public sealed record Delivery(string Path, bool? Ok, string? Why, int Status, string? Id, JsonNode Headers, string Body, DateTimeOffset At)
    {
        public JsonNode Json => JsonNode.Parse(Body)!;
    }

    /// <summary>What to answer instead of 204.</summary>
    /// <param name="Times">As often; null: from then on.</param>
    /// <param name="Path">For this path alone.</param>
    public sealed record Answer(int Status, int? Times = null, int DelayMs = 0, string? Path = null, string? Body = null, IReadOnlyDictionary<string, string>? Headers = null);

    public IReadOnlyList<Delivery> Received =>
    [
        .. _node.Lines.Select(l => new Delivery(
            (string)l["path"]!, (bool?)l["ok"], (string?)l["why"], (int)l["status"]!, (string?)l["id"], l["headers"]!, (string)l["body"]!,
            DateTimeOffset.Parse((string)l["at"]!, CultureInfo.InvariantCulture))),
    ];

    public static async Task<WebhookReceiver> Start()
    {
        var receiver = new WebhookReceiver();
        await receiver._node.Start();
        return receiver;
    }

    public Uri Url(string path = "/") => new($"http://127.0.0.1:{_node.Port.ToString(CultureInfo.InvariantCulture)}{path}");

    /// <summary>Verifies what comes to the path with this secret.</summary>
    public Task Expect(string path, string secret) => _node.Tell(new { path, secret = _secrets[path] = secret });

    /// <summary>Replaces what was said before; each answer holds as often as it says, then the next, at last 204 again.</summary>
    public Task Say(params Answer[] answers) => _node.Tell(new
    {
        answers = answers.Select(a => new { path = a.Path, status = a.Status, headers = a.Headers, body = a.Body, delay_ms = a.DelayMs, times = a.Times }),
    });

    public async Task<Delivery> Until(Func<Delivery, bool> isIt, string what, int secondsMax = 30) =>
        (await Running.Until.Seen(() => Task.FromResult(Received.FirstOrDefault(isIt)), seen => seen is not null, what, secondsMax))!;

    /// <summary>Nobody is at its address until <see cref="Restart"/>.</summary>
    public Task Kill() => _node.Kill();

    /// <summary>It answers 204 and knows its secrets again.</summary>
    public async Task Restart()
    {
        await _node.Kill();
        await _node.Start();
        foreach (var (path, secret) in _secrets) await Expect(path, secret);
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();
}
