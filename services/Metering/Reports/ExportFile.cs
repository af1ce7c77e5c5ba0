using System.Text.Encodings.Web;
using System.Text.Json;
using CsvHelper;
using TokenSense.ServiceDefaults;

namespace TokenSense.Metering.Reports;

/// <summary>Writes rows as they come: RFC 4180 in UTF-8 without a byte order mark, or JSON. Numbers are invariant, without an exponent.</summary>
internal static class ExportFile
{
    private const int RowsPerFlush = 500;

    public static async Task WriteCsv(Stream file, IReadOnlyList<ExportColumn> columns, IAsyncEnumerable<ExportRow> rows, CancellationToken ct)
    {
        await using var csv = CsvWriter.Create(file, new CsvWriterOptions { Quoting = CsvQuoting.WhenNeededOrWhitespace }, leaveOpen: true);
        foreach (var column in columns) csv.WriteField(column.Name);
        await csv.EndRecordAsync(ct);
        await foreach (var row in rows.WithCancellation(ct))
        {
            foreach (var column in columns) csv.WriteField(column.Kind == ColumnKind.Text ? SpreadsheetText.Safe(column.Value(row)) : column.Value(row));
            await csv.EndRecordAsync(ct);
        }
    }

    public static async Task WriteJson(Stream file, ExportHead head, IAsyncEnumerable<ExportRow> rows, CancellationToken ct)
    {
        var (query, columns) = (head.Query, ExportColumns.Of(head));
        await using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("period", query.Period);
        json.WriteString("starts_at", query.Calendar.StartsAt(query.Period).UtcDateTime);
        json.WriteString("ends_at", query.Calendar.EndsAt(query.Period).UtcDateTime);
        json.WriteString("time_zone", query.Calendar.ZoneOf(query.Period).Id);
        json.WriteString("state", head.State);
        json.WriteNumber("revision", head.Revision);
        json.WriteString("checksum", head.Checksum);
        json.WriteString("currency", ExportColumns.Currency);
        json.WriteString("cost_basis", ExportColumns.CostBasis);
        json.WritePropertyName("total_cost_usd");
        json.WriteRawValue(head.TotalCostUsd);
        json.WritePropertyName("total_amount_usd");
        json.WriteRawValue(head.TotalAmountUsd);
        json.WriteStartArray("rows");
        var written = 0;
        await foreach (var row in rows.WithCancellation(ct))
        {
            json.WriteStartObject();
            foreach (var column in columns) Write(json, column, column.Value(row));
            json.WriteEndObject();
            if (++written % RowsPerFlush == 0) await json.FlushAsync(ct);
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ExportColumn column, string? value)
    {
        json.WritePropertyName(column.Name);
        if (value is null) json.WriteNullValue();
        else if (column.Kind is ColumnKind.Number or ColumnKind.Flag) json.WriteRawValue(value);
        else json.WriteStringValue(value);
    }
}
