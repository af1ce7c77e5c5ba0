using System.Buffers;
using System.Text.Json;

namespace TokenSense.Simulator;

/// <summary>Reading the log over HTTP; nothing here is on the way of a call.</summary>
public static class LogEndpoints
{
    private const int PageMax = 10_000;

    public static void MapLog(this WebApplication app, CallLog log)
    {
        app.MapGet("/health", () => Results.Text("ok"));
        app.MapGet("/log", (HttpContext http, long after = 0) => WriteEntries(http, log, after));
        app.MapGet("/log/open", () => Results.Text(log.OpenCalls.ToString()));
        app.MapGet("/log/totals", (HttpContext http) => WriteTotals(http, log));
        app.MapGet("/log/{n:long}/body", (long n) => log.Body(n) is { } body ? Results.Bytes(body) : Results.NotFound());
        app.MapDelete("/log", () => { log.Clear(); return Results.NoContent(); });
    }

    private static async Task WriteEntries(HttpContext http, CallLog log, long after)
    {
        http.Response.ContentType = "application/x-ndjson";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter);
        for (var page = log.After(after, PageMax); page.Count > 0; page = log.After(after, PageMax))
        {
            foreach (var (n, entry) in page)
            {
                entry.Write(json, n);
                json.Flush();
                json.Reset();
                http.Response.BodyWriter.Write("\n"u8);
                after = n;
            }
            await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
        }
    }

    private static async Task WriteTotals(HttpContext http, CallLog log)
    {
        http.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter);
        json.WriteStartArray();
        var groups = log.After(0, int.MaxValue).GroupBy(row => (row.Entry.Provider, row.Entry.Model), row => row.Entry);
        foreach (var group in groups.OrderBy(group => group.Key))
        {
            json.WriteStartObject();
            json.WriteString("provider", group.Key.Provider);
            json.WriteString("model", group.Key.Model);
            json.WriteNumber("calls", group.Count());
            json.WriteNumber("billed", group.Count(entry => entry.Billed));
            json.WriteNumber("input_tokens", group.Sum(entry => entry.Tokens.Input));
            json.WriteNumber("output_tokens", group.Sum(entry => entry.Tokens.Output));
            json.WriteNumber("cache_read_tokens", group.Sum(entry => entry.Tokens.CacheRead));
            json.WriteNumber("cache_write_tokens", group.Sum(entry => entry.Tokens.CacheWrite));
            json.WriteNumber("reasoning_tokens", group.Sum(entry => entry.Tokens.Reasoning));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
