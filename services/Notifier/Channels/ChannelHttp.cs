using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Polly;
using Polly.Retry;
using Polly.Timeout;
using TokenSense.ServiceDefaults;

namespace TokenSense.Notifier.Channels;

/// <summary>Posts to addresses that people gave: into no private network unless the operator allows it, nowhere else by redirect, bounded in time and size.</summary>
public sealed class ChannelHttp : IDisposable
{
    private const int AnswerBytesRead = 1_024;
    private static readonly TimeSpan AttemptMax = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromHours(24);

    private readonly NotifierSettings _settings;
    private readonly TimeProvider _clock;
    private readonly HttpMessageInvoker _http;
    private readonly ResiliencePipeline<Answer> _twice;

    public ChannelHttp(NotifierSettings settings, TimeProvider clock)
    {
        (_settings, _clock) = (settings, clock);
        _http = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            // A proxy would connect for us, to addresses that we did not see.
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            ConnectCallback = Connect,
            MaxConnectionsPerServer = 8,
            MaxResponseHeadersLength = 16,
            MaxResponseDrainSize = AnswerBytesRead,
            ResponseDrainTimeout = TimeSpan.FromSeconds(1),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            // What is traced here is no receiver's business.
            ActivityHeadersPropagator = null,
        });
        _twice = new ResiliencePipelineBuilder<Answer>()
            .AddTimeout(AttemptMax)
            .AddRetry(new RetryStrategyOptions<Answer>
            {
                // For a connection that was just closed or a receiver just being restarted; whatever lasts longer is for the next attempt.
                MaxRetryAttempts = 1, Delay = TimeSpan.FromMilliseconds(300), UseJitter = true, MaxDelay = TimeSpan.FromSeconds(1),
                ShouldHandle = tried => ValueTask.FromResult(tried.Outcome switch
                {
                    { Exception: HttpRequestException { InnerException: not PrivateAddressException } } => true,
                    { Result: { Status: 502 or 503 or 504, RetryAfter: null } } => true,
                    _ => false,
                }),
            })
            .Build();
    }

    /// <param name="url">As stored; judged again, since settings change.</param>
    /// <param name="content">Makes the body and its headers, anew for each try.</param>
    /// <param name="own">What a kind of receiver means by a status and the beginning of its answer, where that is something of its own.</param>
    public async Task<Outcome> Post(Uri url, Func<HttpRequestMessage> content, CancellationToken ct, Func<int, string, Outcome?>? own = null)
    {
        if (ChannelUrl.Problem(url, _settings.AllowPrivateAddresses) is { } problem) return new Outcome.Unsent($"The channel's address {problem}.");
        try
        {
            var answer = await _twice.ExecuteAsync(async token => await Try(url, content(), token), ct);
            return own?.Invoke(answer.Status, answer.Beginning) ?? OutcomeOf(answer);
        }
        catch (HttpRequestException e) when (e.InnerException is PrivateAddressException)
        {
            return new Outcome.Unsent($"The channel's address {ChannelUrl.PrivateAddress}.");
        }
        catch (HttpRequestException e)
        {
            return new Outcome.Unreachable(ReasonOf(e.HttpRequestError));
        }
        catch (Exception e) when (e is TimeoutRejectedException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return new Outcome.Unreachable("No answer in time.");
        }
    }

    public static Outcome OutcomeOf(Answer answer)
    {
        var said = string.Create(CultureInfo.InvariantCulture, $"HTTP {answer.Status}");
        return answer.Status switch
        {
            >= 200 and < 300 => new Outcome.Delivered(),
            410 => new Outcome.Gone(said),
            408 or 425 or 429 or >= 500 => new Outcome.Unreachable(said, answer.RetryAfter),
            >= 300 and < 400 => new Outcome.Refused($"{said}: redirects are not followed"),
            _ => new Outcome.Refused(said),
        };
    }

    /// <summary>What of an answer is looked at.</summary>
    /// <param name="Beginning">Of the body, where the answer is a refusal; never shown or logged.</param>
    public sealed record Answer(int Status, string Beginning, TimeSpan? RetryAfter);

    private async Task<Answer> Try(Uri url, HttpRequestMessage request, CancellationToken ct)
    {
        using (request)
        {
            (request.Method, request.RequestUri) = (HttpMethod.Post, url);
            (request.Version, request.VersionPolicy) = (HttpVersion.Version11, HttpVersionPolicy.RequestVersionOrHigher);
            request.Headers.UserAgent.ParseAdd($"TokenSense/{Service.Version.Split('+')[0]}");
            using var response = await _http.SendAsync(request, ct);
            var beginning = response.IsSuccessStatusCode ? "" : await BeginningOf(response, ct);
            return new Answer((int)response.StatusCode, beginning, RetryAfterOf(response));
        }
    }

    private static async Task<string> BeginningOf(HttpResponseMessage response, CancellationToken ct)
    {
        var read = new byte[AnswerBytesRead];
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(ct);
            return Encoding.UTF8.GetString(read.AsSpan(0, await body.ReadAtLeastAsync(read, read.Length, throwOnEndOfStream: false, ct)));
        }
        catch (IOException)
        {
            // The status is what counts, and it is known.
            return "";
        }
    }

    private TimeSpan? RetryAfterOf(HttpResponseMessage response)
    {
        var asked = response.Headers.RetryAfter is { } header ? header.Delta ?? header.Date - _clock.GetUtcNow() : null;
        return asked is not { } wait || wait <= TimeSpan.Zero ? null : wait < RetryAfterMax ? wait : RetryAfterMax;
    }

    private static string ReasonOf(HttpRequestError error) => error switch
    {
        HttpRequestError.NameResolutionError => "The host's name does not resolve.",
        HttpRequestError.ConnectionError => "No connection.",
        HttpRequestError.SecureConnectionError => "No TLS connection.",
        _ => "The connection broke.",
    };

    // Resolved here, and connected to what was checked: a name that resolves to something else a moment later gains nothing.
    private async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var resolved = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, ct);
        var allowed = _settings.AllowPrivateAddresses ? resolved : [.. resolved.Where(PublicAddresses.Contains)];
        if (allowed.Length == 0) throw new PrivateAddressException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose() => _http.Dispose();

    private sealed class PrivateAddressException : Exception;
}
