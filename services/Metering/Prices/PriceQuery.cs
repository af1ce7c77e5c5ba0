using System.Globalization;
using TokenSense.Pricing;

namespace TokenSense.Metering.Prices;

/// <summary>Which models of the price book a page shows, in the book's order.</summary>
/// <param name="Words">Each must be a part of the model's id or name, or of its provider's.</param>
/// <param name="Provider">Null: all.</param>
/// <param name="After">The last model seen.</param>
public sealed record PriceQuery(IReadOnlyList<string> Words, string? Provider, int Limit, KnownModel? After)
{
    private const int LimitDefault = 50, LimitMax = 200, QueryLengthMax = 200;

    /// <returns>Null: <paramref name="errors"/> says why.</returns>
    public static PriceQuery? Read(PriceBook book, string? q, string? provider, string? limit, string? cursor, out Dictionary<string, string[]> errors)
    {
        errors = [];
        if (q?.Length > QueryLengthMax) errors["q"] = [$"must be at most {QueryLengthMax} characters"];
        if (provider is { Length: > 0 } && book.Providers.All(p => p.Id != provider)) errors["provider"] = ["must be the id of a provider of the price book"];
        var count = LimitDefault;
        if (limit is { Length: > 0 } && !(int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count is >= 1 and <= LimitMax))
            errors["limit"] = [$"must be a whole number from 1 to {LimitMax}"];
        KnownModel? after = null;
        if (cursor is { Length: > 0 } && (after = Named(book, cursor)) is null) errors["cursor"] = ["must be the next_cursor of an earlier answer"];
        return errors.Count > 0 ? null : new((q ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries), provider is { Length: > 0 } ? provider : null, count, after);
    }

    public (IReadOnlyList<KnownModel> Models, string? NextCursor) Find(PriceBook book)
    {
        var found = All(book).SkipWhile(m => After is not null && m != After).Skip(After is null ? 0 : 1).Where(Matches).Take(Limit + 1).ToList();
        if (found.Count <= Limit) return (found, null);
        found.RemoveAt(Limit);
        return (found, Cursor(found[^1]));
    }

    private bool Matches(KnownModel m) =>
        (Provider is null || m.Provider.Id == Provider)
        && Words.All(word => new[] { m.Model.Id, m.Model.Name, m.Provider.Id, m.Provider.Name }.Any(name => name?.Contains(word, StringComparison.OrdinalIgnoreCase) == true));

    // A provider's id has no slash, a model's may.
    private static string Cursor(KnownModel m) => $"{m.Provider.Id}/{m.Model.Id}";

    private static KnownModel? Named(PriceBook book, string cursor) =>
        cursor.Split('/', 2) is [var provider, var model] ? All(book).FirstOrDefault(m => m.Provider.Id == provider && m.Model.Id == model) : null;

    private static IEnumerable<KnownModel> All(PriceBook book) => book.Providers.SelectMany(p => p.Models.Select(m => new KnownModel(p, m)));
}
