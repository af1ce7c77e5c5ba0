using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using CsvHelper;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Audit;

namespace TokenSense.Dashboard.Api.Audit;

/// <summary>The whole of a range as a file, newest first: the entries that the pages of the list hold, page by page into a scratch file.</summary>
/// <remarks>It is sent once it is whole: a service that stops answering meanwhile is a 503, and never half a file.</remarks>
public sealed class AuditExport(AuditSources sources, ExportPlaces places, TimeProvider clock)
{
    private const int RetryAfterSeconds = 5;
    private static readonly JsonSerializerOptions Written = new(Service.Json) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Text is somebody's own and may look like a formula to a spreadsheet.
    private static readonly (string Name, bool IsText, Func<AuditEntry, string?> Value)[] Columns =
    [
        ("at", false, e => e.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture)),
        ("id", false, e => $"{e.Id}"),
        ("action", false, e => e.Action),
        ("subject_type", false, e => e.Subject.Type),
        ("subject_id", false, e => e.Subject.Id),
        ("subject", true, e => e.Subject.Name),
        ("actor_type", false, e => e.Actor.Type),
        ("actor_id", true, e => e.Actor.Id),
        ("actor", true, e => e.Actor.Name),
        ("actor_email", true, e => e.Actor.Email),
        ("from", false, e => e.From),
        ("before", true, e => e.Before?.ToJsonString(Written)),
        ("after", true, e => e.After?.ToJsonString(Written)),
    ];

    /// <param name="first">The first page: the caller was let in.</param>
    public async Task<IResult> Answer(HttpContext http, string format, string? workspace, AuditQuestion question, AuditPage first, CancellationToken ct)
    {
        if (places.Take() is not { } place)
        {
            http.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
            return Problems.Of(429, "RATE_LIMITED", "Too many exports at once. Retry shortly.");
        }
        http.Response.RegisterForDispose(place);
        var file = ScratchFile.New("audit");
        http.Response.RegisterForDispose(file);
        if (format == AuditAnswer.Csv) await WriteCsv(file, Entries(question, first, ct), ct);
        else await WriteJson(file, Entries(question, first, ct), ct);
        place.Made();
        file.Position = 0;
        http.Response.Headers.CacheControl = "no-store";
        var name = string.Join('-', new[] { "tokensense-audit", workspace, clock.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture) }.OfType<string>());
        return TypedResults.Stream(file, format == AuditAnswer.Csv ? "text/csv; charset=utf-8" : "application/json", $"{name}.{format}");
    }

    private async IAsyncEnumerable<AuditEntry> Entries(
        AuditQuestion question, AuditPage first, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        for (var page = first; ; page = await sources.Page(question, $"{AuditQuery.LimitMax}", page.NextCursor, ct))
        {
            foreach (var entry in AuditAnswer.Named(page.Data, await sources.People(question, page.Data, ct))) yield return entry;
            if (page.NextCursor is null) yield break;
        }
    }

    private static async Task WriteCsv(Stream file, IAsyncEnumerable<AuditEntry> entries, CancellationToken ct)
    {
        await using var csv = CsvWriter.Create(file, new CsvWriterOptions { Quoting = CsvQuoting.WhenNeededOrWhitespace }, leaveOpen: true);
        foreach (var (name, _, _) in Columns) csv.WriteField(name);
        await csv.EndRecordAsync(ct);
        await foreach (var entry in entries.WithCancellation(ct))
        {
            foreach (var (_, isText, value) in Columns) csv.WriteField(isText ? SpreadsheetText.Safe(value(entry)) : value(entry));
            await csv.EndRecordAsync(ct);
        }
    }

    private static async Task WriteJson(Stream file, IAsyncEnumerable<AuditEntry> entries, CancellationToken ct)
    {
        await using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteStartArray("data");
        await foreach (var entry in entries.WithCancellation(ct))
        {
            JsonSerializer.Serialize(json, entry, Written);
            if (json.BytesPending > 65_536) await json.FlushAsync(ct);
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
