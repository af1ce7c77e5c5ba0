using Npgsql;
using TokenSense.Metering.Usage;
using TokenSense.Pricing;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Metering.Prices;

/// <summary>What a line costs (product decisions 12 and 13): the workspace's own price, else the book's, else the reported cost, else unpriced, which is never zero.</summary>
public sealed class Pricer(OwnBooks own)
{
    /// <summary>Asked with the claims, in the recorder's transaction: the version of the workspace's own prices, no row where it has none.</summary>
    public static NpgsqlBatchCommand VersionOf(Guid workspaceId) =>
        new("select version from directory where kind = 'prices' and id = $1") { Parameters = { new() { Value = workspaceId.ToString() } } };

    /// <param name="workspaceId">Whose.</param>
    /// <param name="version">As <see cref="VersionOf"/> said; null: it has none.</param>
    /// <param name="transaction">The recorder's.</param>
    /// <param name="ct">Stops it.</param>
    public async ValueTask<PriceBook> BookOf(Guid workspaceId, long? version, NpgsqlTransaction transaction, CancellationToken ct)
    {
        if (version is not { } wanted) return own.Default;
        if (own.Find(workspaceId, wanted) is { } known) return known;
        var prices = (await Directory.Prices(workspaceId, transaction, ct))!;
        return own.Make(workspaceId, prices.Version, prices.Providers);
    }

    public static (decimal? CostUsd, PriceUsed? Price, string? Unpriced) Price(PriceBook book, ReportedLine line) =>
        book.Price(line.Provider, line.Model, line.Usage, line.Time) switch
        {
            PriceResult.Priced priced => (priced.CostUsd, new PriceUsed(priced.BookVersion, priced.ProviderId, priced.ModelId, priced.PriceValidFrom,
                [.. priced.Lines.Select(l => new RateUsed(l.Class, l.Units, l.UsdPerUnit, l.CostUsd))]), null),
            PriceResult.Unpriced unpriced => (line.CostUsd, null, unpriced.Message),
            var other => throw new InvalidOperationException($"The price book answered {other.GetType().Name}."),
        };
}
