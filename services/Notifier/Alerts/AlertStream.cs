using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Npgsql;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.Notifier.Alerts;

/// <summary>Alerts as server-sent events: each state of each alert from now on, or from <c>Last-Event-ID</c> on; nothing is missed over a reconnection.</summary>
public static class AlertStream
{
    private const int PageMax = 100;
    private const int StreamsMax = 1_000, StreamsOfOneMax = 20;

    // Also how soon a stream ends whose reader may no longer read.
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);
    private static readonly ConcurrentDictionary<string, int> Open = new(StringComparer.Ordinal);

    public static void MapAlertStream(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/workspaces/{ws}/alerts/stream", Stream).WithName("stream-alerts").WithTags("alerts")
            .Produces<AlertView>(contentType: "text/event-stream");

    private static async Task Stream(
        HttpContext http, Access access, NpgsqlDataSource database, AlertChanges changes, AlertViews views, TimeProvider clock, Authentication authentication, ServiceDefaults.Access.Directory directory)
    {
        var (ct, workspaceId) = (http.RequestAborted, access.Workspace.WorkspaceId);
        var reader = access.Caller.Actor;
        if (Open.AddOrUpdate(reader, 1, (_, count) => count + 1) > StreamsOfOneMax || Open.Values.Sum() > StreamsMax)
        {
            Left(reader);
            http.Response.Headers.RetryAfter = "5";
            await Problems.Of(429, "RATE_LIMITED", "Too many streams are open. Retry shortly.").ExecuteAsync(http);
            return;
        }
        try
        {
            using var changed = changes.Watch(workspaceId);
            string? last = http.Request.Headers["Last-Event-ID"];
            var newest = await Newest(database, workspaceId, ct);
            // A number from before a restore may be ahead of what there is.
            var from = last is not null && long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var seen) && seen < newest ? seen : newest;
            http.Response.ContentType = "text/event-stream; charset=utf-8";
            http.Response.Headers.CacheControl = "no-store";
            http.Response.Headers["X-Accel-Buffering"] = "no";
            await Write($"id: {from}\nretry: 1000\n: connected\n\n");
            var asked = clock.GetTimestamp();
            while (true)
            {
                var page = await Since(database, workspaceId, from, ct);
                // Whoever was signed out or removed reads nothing more.
                if (page.Count > 0 || clock.GetElapsedTime(asked) >= KeepAlive)
                {
                    if (await Door.RoleOf(directory, await authentication.Identify(http), workspaceId, ct) is null) return;
                    asked = clock.GetTimestamp();
                    if (page.Count == 0) await Write(": keep-alive\n\n");
                }
                if (page.Count > 0)
                {
                    var shown = await views.Of(access.Workspace, [.. page.Select(p => p.Alert)], ct);
                    for (var i = 0; i < page.Count; i++)
                        await Write($"id: {page[i].Change}\nevent: alert\ndata: {JsonSerializer.Serialize(shown[i], Service.Json)}\n\n");
                    from = page[^1].Change;
                    continue;
                }
                await changed.Wait(KeepAlive, ct);
            }
        }
        catch (Exception e) when (ct.IsCancellationRequested || e is OperationCanceledException or IOException)
        {
            // The reader left.
        }
        finally
        {
            Left(reader);
        }

        async Task Write(string text)
        {
            await http.Response.WriteAsync(text, ct);
            await http.Response.Body.FlushAsync(ct);
        }
    }

    private static void Left(string reader)
    {
        if (Open.AddOrUpdate(reader, 0, (_, count) => count - 1) <= 0) Open.TryRemove(new(reader, 0));
    }

    private static async Task<long> Newest(NpgsqlDataSource database, Guid workspaceId, CancellationToken ct)
    {
        await using var select = database.CreateCommand("select change from alert_changes where workspace_id = $1");
        select.Parameters.Add(new() { Value = workspaceId });
        return await select.ExecuteScalarAsync(ct) as long? ?? 0;
    }

    private static async Task<IReadOnlyList<(Alert Alert, long Change)>> Since(NpgsqlDataSource database, Guid workspaceId, long from, CancellationToken ct)
    {
        await using var select = database.CreateCommand($"select body, change from alerts where workspace_id = $1 and change > $2 order by change limit {PageMax}");
        select.Parameters.Add(new() { Value = workspaceId });
        select.Parameters.Add(new() { Value = from });
        var found = new List<(Alert, long)>();
        await using var reader = await select.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) found.Add((AlertRows.Read(reader.GetString(0)), reader.GetInt64(1)));
        return found;
    }
}
