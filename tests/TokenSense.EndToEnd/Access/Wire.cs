using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.EndToEnd.Access;

/// <summary>A request to the management API, whoever sends it.</summary>
/// <param name="Path">Below <see cref="AccessTable.Root"/>.</param>
internal sealed record Call(string Method, string Path, object? Body = null)
{
    /// <summary>The network address that it says it comes from.</summary>
    public string? From { get; init; }
}

/// <summary>All of an answer but its date: what two of them may differ in.</summary>
internal sealed record Answer(int Status, string? Code, string Headers, string Body)
{
    public bool Succeeded => Status is >= 200 and < 300;
    public JsonNode Json => JsonNode.Parse(Body)!;
    public override string ToString() => $"{Status} {Code}".TrimEnd();
}

/// <summary>Sends requests as they are given, with any credential, over connections that are kept.</summary>
internal static class Wire
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 128, UseCookies = false, AllowAutoRedirect = false })
    {
        Timeout = TimeSpan.FromMinutes(1),
    };

    /// <param name="door">Where: a service itself, or the console.</param>
    /// <param name="call">What.</param>
    /// <param name="authorization">The whole header; null: none.</param>
    public static async Task<Answer> Send(string door, Call call, string? authorization)
    {
        using var request = new HttpRequestMessage(new HttpMethod(call.Method), door + AccessTable.Root + call.Path);
        if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        if (call.From is not null) request.Headers.Add("X-Forwarded-For", call.From);
        if (call.Body is not null) request.Content = JsonContent.Create(call.Body);
        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        // A stream does not end by itself: that it began is its answer.
        var body = response.Content.Headers.ContentType?.MediaType == "text/event-stream" ? "" : await response.Content.ReadAsStringAsync();
        var headers = response.Headers.Concat(response.Content.Headers).Where(h => h.Key != "Date").OrderBy(h => h.Key, StringComparer.Ordinal)
            .Select(h => $"{h.Key}: {string.Join(", ", h.Value)}");
        return new((int)response.StatusCode, CodeOf(body), string.Join('\n', headers), body);
    }

    /// <summary>Does it for each, some at a time.</summary>
    public static async Task<IReadOnlyList<TResult>> Each<T, TResult>(IReadOnlyList<T> all, int atOnce, Func<T, Task<TResult>> run)
    {
        var results = new TResult[all.Count];
        await Parallel.ForEachAsync(Enumerable.Range(0, all.Count), new ParallelOptions { MaxDegreeOfParallelism = atOnce },
            async (i, _) => results[i] = await run(all[i]));
        return results;
    }

    private static string? CodeOf(string body)
    {
        if (!body.StartsWith('{')) return null;
        using var json = JsonDocument.Parse(body);
        return json.RootElement.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.String ? code.GetString() : null;
    }
}
