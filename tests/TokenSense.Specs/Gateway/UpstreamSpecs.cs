using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Shouldly;
using TokenSense.Gateway.Providers;
using TokenSense.Gateway.Proxy;
using TokenSense.Pricing;
using Xunit;

namespace TokenSense.Specs.Gateway;

public sealed class UpstreamSpecs
{
    [Fact]
    public async Task The_clients_secrets_names_and_traces_stay_here_and_the_rest_goes_up()
    {
        var sent = await Sent(
            ("Authorization", "Bearer ts_live_x"), ("x-api-key", "ts_live_x"), ("x-goog-api-key", "ts_live_x"), ("x-tokensense-key", "ts_live_x"),
            ("Cookie", "session=1"), ("OpenAI-Organization", "org"), ("OpenAI-Project", "proj"), ("x-goog-user-project", "proj"),
            ("x-tokensense-project", "alpha"), ("x-workflow-tag", "invoices"), ("x-request-id", "1"), ("x-client-request-id", "2"), ("Idempotency-Key", "once"),
            ("Traceparent", "00-1"), ("Tracestate", "a=1"), ("Baggage", "a=1"), ("x-forwarded-for", "10.0.0.7"), ("Forwarded", "for=10.0.0.7"),
            ("x-real-ip", "10.0.0.7"), ("x-goog-fieldmask", "candidates"), ("x-http-method-override", "GET"), ("Content-Encoding", "br"), ("Via", "1.1 proxy"), ("Accept-Encoding", "br"), ("anthropic-beta", "tools"), ("User-Agent", "sdk/1"));
        sent.ShouldBe(
            ["Authorization: Bearer provider-key", "Accept-Encoding: identity", "anthropic-beta: tools", "User-Agent: sdk/1", "x-client-request-id: call-1"],
            ignoreOrder: true);
    }

    [Fact]
    public void Whose_account_it_is_and_what_is_ours_to_say_does_not_come_down()
    {
        using var answer = new HttpResponseMessage { Content = new StringContent("{}") };
        foreach (var name in new[] { "OpenAI-Organization", "Anthropic-Organization-Id", "Set-Cookie", "x-tokensense-cost", "Via", "x-ratelimit-remaining-tokens" })
            answer.Headers.TryAddWithoutValidation(name, "1");
        Upstream.HeadersDown(answer).Select(h => h.Key).ShouldBe(["x-ratelimit-remaining-tokens", "Content-Type"]);
    }

    [Fact]
    public void A_key_in_the_query_stays_here() =>
        Upstream.QueryUp(new DefaultHttpContext { Request = { QueryString = new("?alt=sse&KEY=ts_live_x") } }.Request.Query, Operation.Gemini[1]).ShouldBe("?alt=sse");

    // The headers that reach a provider, but for those of the connection and the body.
    private static async Task<IReadOnlyList<string>> Sent(params (string Name, string Value)[] headers)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var upstream = new Upstream();
        var from = new DefaultHttpContext().Request;
        foreach (var (name, value) in headers) from.Headers[name] = value;
        var provider = new Provider(PriceBook.Default.FindProvider("openai")!, "http://x", "provider-key", TimeSpan.FromSeconds(1));
        var sending = upstream.Send(
            from, provider, Operation.Chat, new Uri($"http://{listener.LocalEndpoint}/"), new SentContent("{}"u8.ToArray()), "call-1", TestContext.Current.CancellationToken);
        using var connection = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        using var reader = new StreamReader(connection.GetStream(), Encoding.ASCII);
        var lines = new List<string>();
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { Length: > 0 } line) lines.Add(line);
        await connection.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        (await sending).Dispose();
        return [.. lines.Skip(1).Where(l => !l.StartsWith("Host:") && !l.StartsWith("Content-"))];
    }
}
