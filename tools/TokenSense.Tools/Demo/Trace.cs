using System.Globalization;
using CsvHelper;

namespace TokenSense.Tools.Demo;

/// <summary>One call of a trace.</summary>
/// <param name="Arrival">After the first.</param>
public sealed record TracedCall(TimeSpan Arrival, long ContextTokens, long GeneratedTokens);

/// <summary>A trace in the form of the Azure LLM inference traces: <c>TIMESTAMP,ContextTokens,GeneratedTokens</c>.</summary>
public static class Trace
{
    private const long TokensMax = 10_000_000_000;
    private static readonly string[] Columns = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"];

    public static IReadOnlyList<TracedCall> Read(string path, int? callsMax = null)
    {
        try
        {
            using var text = new StreamReader(path);
            return Read(text, path, callsMax);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CannotRunException($"The trace cannot be read: {e.Message}", e);
        }
    }

    public static IReadOnlyList<TracedCall> Read(TextReader text, string name, int? callsMax = null)
    {
        using var csv = CsvReader.Create(text, new CsvReaderOptions { Separator = ',', TrimWhitespace = true, TrackLineNumbers = true });
        csv.ReadHeader();
        var places = Columns.Select(column => csv.Headers.ToList().IndexOf(column)).ToArray();
        if (Array.IndexOf(places, -1) is var missing and >= 0)
            throw new CannotRunException($"{name} has no column {Columns[missing]}: its first line must be {string.Join(',', Columns)}.");

        var calls = new List<(DateTime At, long Context, long Generated)>();
        while (calls.Count < (callsMax ?? int.MaxValue) && csv.Read())
        {
            var fields = places.Select(csv.GetString).ToArray();
            calls.Add((Time(fields), Tokens(fields, 1), Tokens(fields, 2)));
        }
        if (calls.Count == 0) throw new CannotRunException($"{name} has no calls.");
        var start = calls.Min(c => c.At);
        return [.. calls.OrderBy(c => c.At).Select(c => new TracedCall(c.At - start, c.Context, c.Generated))];

        DateTime Time(string[] fields) =>
            DateTime.TryParse(fields[0], CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var time)
                ? time
                : throw Bad(fields, 0, "a time");

        long Tokens(string[] fields, int column) =>
            long.TryParse(fields[column], NumberStyles.None, CultureInfo.InvariantCulture, out var tokens) && tokens <= TokensMax
                ? tokens
                : throw Bad(fields, column, "a whole number from 0 to 10,000,000,000");

        CannotRunException Bad(string[] fields, int column, string expected) =>
            new($"{name}, line {csv.LineNumber}: {Columns[column]} is '{fields[column]}', it must be {expected}.");
    }
}
