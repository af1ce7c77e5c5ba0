using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace TokenSense.Benchmarks;

/// <summary>The same OpenAI chat call over and over, in a closed loop: whoever has its answer sends the next.</summary>
internal sealed class ChatLoad(string baseUrl, string key) : IDisposable
{
    public const int InputTokens = 100, OutputTokens = 20;
    private static readonly byte[] Whole = Body(stream: false), Streamed = Body(stream: true);
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, ActivityHeadersPropagator = null });
    private readonly Uri _address = new($"{baseUrl}/chat/completions");
    private long _answered;

    /// <summary>Calls answered since the beginning, those of the warm-up too.</summary>
    public long Answered => Volatile.Read(ref _answered);

    /// <param name="callers">At once.</param>
    /// <param name="callsMax">Ends after so many,</param>
    /// <param name="timeMax">or after so long.</param>
    /// <returns>What each call took, in microseconds.</returns>
    public async Task<List<double>> Run(bool streamed, int callers, int callsMax, TimeSpan timeMax)
    {
        var begun = 0;
        var clock = Stopwatch.StartNew();
        var each = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            var took = new List<double>();
            while (clock.Elapsed < timeMax && Interlocked.Increment(ref begun) <= callsMax)
            {
                var since = Stopwatch.GetTimestamp();
                using var answer = await Call(streamed);
                took.Add(Stopwatch.GetElapsedTime(since).TotalMicroseconds);
            }
            return took;
        })));
        return [.. each.SelectMany(took => took)];
    }

    /// <summary>One call, its answer read to the end.</summary>
    public async Task<HttpResponseMessage> Call(bool streamed)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var request = new HttpRequestMessage(HttpMethod.Post, _address) { Content = new ByteArrayContent(streamed ? Streamed : Whole) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {key}");
        request.Headers.TryAddWithoutValidation("x-simulate", $"input={InputTokens};output={OutputTokens}");
        var answer = await _http.SendAsync(request, deadline.Token);
        if (answer.StatusCode != HttpStatusCode.OK)
            throw new InvalidOperationException($"{_address} answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(deadline.Token)}");
        await answer.Content.CopyToAsync(Stream.Null, deadline.Token);
        Interlocked.Increment(ref _answered);
        return answer;
    }

    public void Dispose() => _http.Dispose();

    // About 2 KB, most of it the prompt; the client of a stream does not ask for its usage, as most do not.
    private static byte[] Body(bool stream)
    {
        var text = new StringBuilder();
        for (var i = 0; text.Length < 1_800; i++) text.Append("Sentence ").Append(i).Append(" of a prompt that somebody might write. ");
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            model = "gpt-4o", max_tokens = 200, temperature = 0.2, stream,
            messages = new[] { new { role = "system", content = "You are brief." }, new { role = "user", content = text.ToString() } },
        });
    }
}
