using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;

namespace TokenSense.EndToEnd.Running;

/// <summary>Reads a workspace's alerts as server-sent events, as a browser would.</summary>
public sealed class AlertFeed : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<JsonNode> _seen = [];
    private Task _reading = Task.CompletedTask;

    public IReadOnlyList<JsonNode> Seen => [.. _seen];

    /// <summary>For the next feed, to go on where this one ended.</summary>
    public string? LastEventId { get; private set; }

    /// <summary>The server ended it.</summary>
    public bool IsOver => _reading.IsCompleted;

    /// <param name="workspace">Whose alerts.</param>
    /// <param name="lastEventId">Of an earlier feed.</param>
    /// <param name="token">Of the reader; without one its own.</param>
    public static async Task<AlertFeed> Open(Workspace workspace, string? lastEventId = null, string? token = null)
    {
        var feed = new AlertFeed();
        var http = await Workspace.SignedIn(workspace.Stack);
        if (token is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/workspaces/{workspace.Slug}/alerts/stream");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (lastEventId is not null) request.Headers.Add("Last-Event-ID", lastEventId);
        var answer = (await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead)).EnsureSuccessStatusCode();
        feed._reading = feed.Read(await answer.Content.ReadAsStreamAsync());
        return feed;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task Read(Stream stream)
    {
        var parser = SseParser.Create(stream);
        await foreach (var item in parser.EnumerateAsync(_end.Token))
        {
            LastEventId = parser.LastEventId;
            if (item.EventType == "alert") _seen.Enqueue(JsonNode.Parse(item.Data)!);
        }
    }
}
