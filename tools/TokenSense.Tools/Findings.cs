using Spectre.Console;

namespace TokenSense.Tools;

/// <summary>Two numbers that should be one.</summary>
/// <param name="Where">The scope, stream or row.</param>
/// <param name="What">Which number of it, and where it was found.</param>
/// <param name="Expected">As derived.</param>
/// <param name="Found">As stored or answered.</param>
public sealed record Difference(string Where, string What, string Expected, string Found);

/// <summary>All differences are counted; the first are kept to be shown.</summary>
public sealed class Findings
{
    private const int KeptMax = 200;

    private readonly List<Difference> _kept = [];

    public long Count { get; private set; }
    public IReadOnlyList<Difference> Kept => _kept;

    public void Add(string where, string what, string expected, string found) => Add(new(where, what, expected, found));

    /// <summary>Adds nothing where both are the same.</summary>
    public void Compare(string where, string what, decimal? expected, decimal? found)
    {
        if (expected != found) Add(where, what, Written(expected), Written(found));
    }

    public void Compare(string where, string what, IEnumerable<int> expected, IEnumerable<int> found)
    {
        var (should, does) = (string.Join(' ', expected.Order()), string.Join(' ', found.Order()));
        if (should != does) Add(where, what, $"[{should}]", $"[{does}]");
    }

    public void AddRange(IEnumerable<Difference> differences)
    {
        foreach (var difference in differences) Add(difference);
    }

    public void Write(IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("where", "what", "expected", "found");
        foreach (var d in _kept) table.AddRow(new Text(d.Where), new Text(d.What), new Text(d.Expected), new Text(d.Found));
        console.Write(table);
        if (Count > _kept.Count) console.WriteLine($"… and {Figures.Count(Count - _kept.Count)} more.");
    }

    private void Add(Difference difference)
    {
        Count++;
        if (_kept.Count < KeptMax) _kept.Add(difference);
    }

    private static string Written(decimal? amount) => amount is { } known ? Figures.Exact(known) : "none";
}
