using System.Collections.Frozen;
using System.Net;
using System.Text;
using Microsoft.Extensions.Primitives;
using TokenSense.Gateway.Providers;

namespace TokenSense.Gateway.Proxy;

/// <summary>The way to the providers: what of a client's request goes up, and what of the answer comes down.</summary>
public sealed class Upstream : IDisposable
{
    // Not ours to pass on: the connection's own, credentials, who the client is, and what only this gateway reads.
    private static readonly FrozenSet<string> NotUp = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "Accept-Encoding", "Authorization", "Baggage", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Cookie", "Expect", "Forwarded", "Host",
        "Idempotency-Key", "Keep-Alive",
        "OpenAI-Organization", "OpenAI-Project", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Traceparent", "Tracestate", "Trailer",
        "Transfer-Encoding", "Upgrade", "Via", "x-api-key", "x-client-request-id", "x-goog-api-key", "x-goog-user-project", "x-real-ip", "x-request-id", "x-workflow-tag");

    // The connection's own, what the body's new length or our own headers replace, and whose account it is.
    private static readonly FrozenSet<string> NotDown = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "Alt-Svc", "Anthropic-Organization-Id", "Connection", "Content-Length", "Keep-Alive", "OpenAI-Organization", "OpenAI-Project", "Proxy-Authenticate",
        "Proxy-Connection", "Set-Cookie", "Strict-Transport-Security", "Trailer", "Transfer-Encoding", "Upgrade", "Via");

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        MaxResponseHeadersLength = 64,
        // A connection of HTTP/2 carries a hundred streams or so: the next call must not wait for their end.
        EnableMultipleHttp2Connections = true,
        // What is traced here is no provider's business.
        ActivityHeadersPropagator = null,
    });

    /// <param name="from">The client's request.</param>
    /// <param name="body">What goes up; it knows whether it went.</param>
    public async Task<HttpResponseMessage> Send(
        HttpRequest from, Provider provider, Operation operation, Uri address, SentContent body, string callId, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = body, Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionOrHigher,
        };
        foreach (var (name, values) in from.Headers)
            if (GoesUp(name) && values.All(v => v is not null && Ascii.IsValid(v))) request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        // Named so at the provider too, where support may need it.
        request.Headers.TryAddWithoutValidation("x-client-request-id", callId);
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        provider.Authorize(request, operation);
        return await _http.SendAsync(request, ct);
    }

    public static IEnumerable<KeyValuePair<string, StringValues>> HeadersDown(HttpResponseMessage answer) =>
        from header in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated)
        where !NotDown.Contains(header.Key) && !header.Key.StartsWith("x-tokensense-", StringComparison.OrdinalIgnoreCase) && header.Value.All(v => Ascii.IsValid(v))
        select KeyValuePair.Create(header.Key, new StringValues([.. header.Value]));

    /// <summary>Of the client's query what chooses a form of answer that is read here; anything else could choose one that hides its usage.</summary>
    public static string QueryUp(IQueryCollection query, Operation operation) => operation.Format switch
    {
        WireFormat.Gemini => query["alt"] == "sse" ? "?alt=sse" : "",
        WireFormat.Anthropic => query["beta"] == "true" ? "?beta=true" : "",
        _ => "",
    };

    // Google's headers of this kind choose other methods, fields and billing.
    private static bool GoesUp(string name)
    {
        return !NotUp.Contains(name) && !Begins(":") && !Begins("x-tokensense-") && !Begins("x-forwarded-") && !Begins("x-http-method")
            && (!Begins("x-goog-") || name.Equals("x-goog-api-client", StringComparison.OrdinalIgnoreCase));

        bool Begins(string with) => name.StartsWith(with, StringComparison.OrdinalIgnoreCase);
    }

    public void Dispose() => _http.Dispose();
}
