using System.Globalization;
using System.Text;
using System.Text.Json;
using CsvHelper;
using TokenSense.EndToEnd.Running;

namespace TokenSense.EndToEnd.Accounting;

/// <summary>An export as its reader sees it: rows of texts, whatever the format.</summary>
public sealed record ExportedFile(string Name, string? ContentType, byte[] Bytes, IReadOnlyList<IReadOnlyDictionary<string, string?>> Rows, JsonElement? Envelope)
{
    public static async Task<ExportedFile> Get(Workspace workspace, string query)
    {
        using var response = await workspace.Raw(HttpMethod.Get, $"export?{query}");
        var bytes = await response.Content.ReadAsByteArrayAsync();
        if (!response.IsSuccessStatusCode) throw new HttpRequestException(Encoding.UTF8.GetString(bytes), null, response.StatusCode);
        var name = response.Content.Headers.ContentDisposition!.FileName!.Trim('"');
        if (!name.EndsWith(".json", StringComparison.Ordinal)) return new(name, response.Content.Headers.ContentType?.ToString(), bytes, Csv(bytes), null);
        var envelope = JsonSerializer.Deserialize<JsonElement>(bytes);
        var rows = envelope.GetProperty("rows").EnumerateArray().Select(row => (IReadOnlyDictionary<string, string?>)row.EnumerateObject()
            .ToDictionary(m => m.Name, m => m.Value.ValueKind switch { JsonValueKind.Null => null, JsonValueKind.String => m.Value.GetString(), _ => m.Value.GetRawText() })).ToList();
        return new(name, response.Content.Headers.ContentType?.ToString(), bytes, rows, envelope);
    }

    public decimal Sum(string column) => Rows.Sum(r => Money(r[column]!));

    /// <summary>No exponent, no group separators.</summary>
    public static decimal Money(string text) => decimal.Parse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private static List<IReadOnlyDictionary<string, string?>> Csv(byte[] bytes)
    {
        using var csv = CsvReader.Create(new StringReader(Encoding.UTF8.GetString(bytes)), new CsvReaderOptions());
        csv.ReadHeader();
        var names = csv.Headers.ToList();
        var rows = new List<IReadOnlyDictionary<string, string?>>();
        while (csv.Read()) rows.Add(names.Select((name, index) => (name, Value: csv.GetString(index))).ToDictionary(f => f.name, f => f.Value.Length == 0 ? null : f.Value));
        return rows;
    }
}
