using System.Text.Json;
using TokenSense.Pricing;

namespace TokenSense.Tools.Audit;

/// <summary>Every workspace's own prices, revision by revision, and whether what was recorded at one costs what it says.</summary>
public sealed class OwnBooks(Findings findings)
{
    private const int BooksMax = 50;
    private readonly Dictionary<(Guid Workspace, long Revision), JsonElement> _revisions = [];
    // Lines come in the order of their recording, so those of one revision come together.
    private readonly Dictionary<(Guid Workspace, long Revision), PriceBook?> _books = [];
    private readonly Dictionary<Guid, (long Revision, JsonElement Providers)> _newest = [];

    /// <summary>The newest of each workspace.</summary>
    public IReadOnlyDictionary<Guid, (long Revision, JsonElement Providers)> Newest => _newest;

    public void Add(StoredEvent stored)
    {
        var (workspace, revision) = (stored.Data.GetProperty("workspaceId").GetGuid(), stored.Data.GetProperty("revision").GetInt64());
        findings.Compare($"event {stored.Sequence}", "revision of the own prices", _newest.GetValueOrDefault(workspace).Revision + 1, revision);
        _newest[workspace] = (revision, stored.Data.GetProperty("providers"));
        _revisions[(workspace, revision)] = stored.Data.GetProperty("providers");
    }

    /// <summary>Prices a line anew that was priced by a revision; one by another release's price book cannot be.</summary>
    public void Check(StoredEvent stored, JsonElement line)
    {
        if (line.GetProperty("price") is not { ValueKind: JsonValueKind.Object } price || price.GetProperty("bookVersion").GetString()!.Split('~') is not [var version, var own]) return;
        if (version != PriceBook.Default.Version) return;
        var place = $"event {stored.Sequence}, usage {line.GetProperty("id").GetString()}";
        if (Book((stored.Data.GetProperty("workspaceId").GetGuid(), long.Parse(own, System.Globalization.CultureInfo.InvariantCulture))) is not { } book)
        {
            findings.Add(place, "revision of the own prices", "known and readable", own);
            return;
        }
        var cost = (book.Price(line.GetProperty("provider").GetString(), line.GetProperty("model").GetString()!,
            line.GetProperty("usage").Deserialize<TokenUsage>(JsonSerializerOptions.Web)!, line.GetProperty("time").GetDateTimeOffset()) as PriceResult.Priced)?.CostUsd;
        if (line.GetProperty("costUsd").AsDecimal() is var found && found != cost) findings.Add(place, "cost at the own prices", $"{cost}", $"{found}");
    }

    private PriceBook? Book((Guid Workspace, long Revision) name)
    {
        if (_books.TryGetValue(name, out var known)) return known;
        if (_books.Count >= BooksMax) _books.Clear();
        try
        {
            known = _revisions.TryGetValue(name, out var providers) ? PriceBook.Default.With(OwnPrices.Read(providers), name.Revision) : null;
        }
        catch (FormatException)
        {
            known = null;
        }
        return _books[name] = known;
    }
}
