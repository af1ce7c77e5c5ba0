using System.Globalization;
using System.Text.Json.Nodes;

namespace TokenSense.EndToEnd.Running;

/// <summary>Somebody's mail server, whose mail is read with the mailparser library.</summary>
public sealed class MailReceiver : IAsyncDisposable
{
    private readonly NodeReceiver _node;

    private MailReceiver(params string[] arguments) => _node = new("mail.mjs", arguments);

    /// <param name="To">The envelope's.</param>
    /// <param name="Headers">Unparsed, by lower-case name.</param>
    /// <param name="Connection">Names the connection it came over.</param>
    /// <param name="User">Who signed in.</param>
    public sealed record Mail(
        IReadOnlyList<string> To, string From, string Subject, string? Text, string? Html, string MessageId, JsonNode Headers, string Connection, string? User, bool Secure, DateTimeOffset At);

    public IReadOnlyList<Mail> Received =>
    [
        .. _node.Lines.Where(l => l["refused"] is null).Select(l => new Mail(
            [.. l["to"]!.AsArray().Select(to => (string)to!)], (string)l["from"]!, (string)l["subject"]!, (string?)l["text"], (string?)l["html"], (string)l["messageId"]!,
            l["headers"]!, (string)l["connection"]!, (string?)l["user"], (bool)l["secure"]!, At(l))),
    ];

    /// <summary>Whom and when it refused, with which code.</summary>
    public IReadOnlyList<(string To, int Code, DateTimeOffset At)> Refused =>
        [.. _node.Lines.Where(l => l["refused"] is not null).Select(l => ((string)l["to"]!, (int)l["refused"]!, At(l)))];

    public int Port => _node.Port;

    /// <summary>What a service needs to send its mail here.</summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["Smtp__Host"] = "127.0.0.1", ["Smtp__Port"] = Port.ToString(CultureInfo.InvariantCulture),
    };

    /// <param name="tls">Offers STARTTLS, with a certificate that nobody should trust.</param>
    /// <param name="user">Takes mail only from this user.</param>
    public static async Task<MailReceiver> Start(bool tls = false, string? user = null, string? password = null)
    {
        var receiver = user is null ? new MailReceiver(tls ? "tls" : "plain") : new MailReceiver(tls ? "tls" : "plain", user, password!);
        await receiver._node.Start();
        return receiver;
    }

    /// <summary>Answers this recipient with the code; others are taken.</summary>
    public Task Refuse(string address, int code = 550) => _node.Tell(new { refuse = new Dictionary<string, int> { [address] = code } });

    /// <summary>Answers every message with the code; 0: takes them again.</summary>
    public Task Busy(int code = 451) => _node.Tell(new { busy = code });

    public async Task<Mail> Until(Func<Mail, bool> isIt, string what, int secondsMax = 30) =>
        (await Running.Until.Seen(() => Task.FromResult(Received.FirstOrDefault(isIt)), seen => seen is not null, what, secondsMax))!;

    /// <summary>Nobody is at its address until <see cref="Restart"/>.</summary>
    public Task Kill() => _node.Kill();

    public async Task Restart()
    {
        await _node.Kill();
        await _node.Start();
    }

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    private static DateTimeOffset At(JsonNode line) => DateTimeOffset.Parse((string)line["at"]!, CultureInfo.InvariantCulture);
}
