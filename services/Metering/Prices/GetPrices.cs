using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.Pricing;
using TokenSense.ServiceDefaults;

namespace TokenSense.Metering.Prices;

/// <summary>The price book, with its version: searched and read page by page, since it has thousands of models.</summary>
public static class GetPrices
{
    /// <param name="Providers">All of the book, whatever the page shows.</param>
    /// <param name="Data">The page's models, under their providers.</param>
    public sealed record Answer(string Version, IReadOnlyList<ProviderName> Providers, IReadOnlyList<Provider> Data, string? NextCursor);

    public sealed record ProviderName(string Id, string Name);

    /// <param name="Models">The ids of those in <paramref name="Prices"/>.</param>
    public sealed record Provider(string Id, string Name, IReadOnlyList<string> Models, IReadOnlyList<Model> Prices);

    /// <param name="Deprecated">The provider withdraws it.</param>
    /// <param name="Prices">With more than one, the last that is in force counts, and the first where none is.</param>
    public sealed record Model(string Id, string? Name, long? ContextWindowTokens, bool Deprecated, IReadOnlyList<Price> Prices);

    /// <param name="From">In force from midnight UTC of this day on; null with <paramref name="Daily"/> null too: always.</param>
    /// <param name="Daily">In force at this time of each day.</param>
    /// <param name="Now">The one in force as this is answered.</param>
    public sealed record Price(DateOnly? From, TimeSpanUtc? Daily, bool Now, IReadOnlyList<Rate> Rates);

    /// <summary>UTC, until before the end; over midnight where the end comes first.</summary>
    public sealed record TimeSpanUtc(TimeOnly Start, TimeOnly End);

    /// <param name="Class">Of a usage, <c>cache_read_tokens</c>.</param>
    /// <param name="Usd">For as many units as <paramref name="Per"/> says.</param>
    /// <param name="Per">1,000,000 for tokens.</param>
    /// <param name="Tiers">By size of the request, ascending.</param>
    public sealed record Rate(string Class, decimal Usd, int Per, IReadOnlyList<Tier> Tiers);

    /// <summary>A price for the whole of a request with more input than this.</summary>
    public sealed record Tier(long AboveInputTokens, decimal Usd);

    public static void MapPrices(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/prices", Handle).WithName("get-prices").WithTags("prices");

    /// <param name="q">Words, each of which is a part of the model's or the provider's name.</param>
    /// <param name="provider">Its id.</param>
    /// <param name="limit">1 to 200 models.</param>
    /// <param name="cursor">The <c>next_cursor</c> of an earlier answer.</param>
    /// <param name="book">The book.</param>
    /// <param name="clock">Decides which price is in force.</param>
    private static Results<Ok<Answer>, ProblemHttpResult> Handle(string? q, string? provider, string? limit, string? cursor, PriceBook book, TimeProvider clock)
    {
        var wanted = PriceQuery.Read(book, q, provider, limit, cursor, out var errors);
        if (wanted is null) return Problems.Invalid(errors);
        var (shown, next) = wanted.Find(book);
        var now = clock.GetUtcNow();
        return TypedResults.Ok(new Answer(
            book.Version,
            [.. book.Providers.Select(p => new ProviderName(p.Id, p.Name))],
            [.. shown.GroupBy(m => m.Provider).Select(g => new Provider(g.Key.Id, g.Key.Name, [.. g.Select(m => m.Model.Id)], [.. g.Select(m => View(m.Model, now))]))],
            next));
    }

    private static Model View(PriceModel model, DateTimeOffset now)
    {
        var inForce = model.PricesAt(now).Prices;
        return new(model.Id, model.Name, model.ContextWindowTokens, model.Deprecated, [.. model.Prices.Select(p => new Price(
            (p.Constraint as PriceConstraint.FromDate)?.Date,
            p.Constraint is PriceConstraint.TimeOfDay daily ? new(daily.StartUtc, daily.EndUtc) : null,
            ReferenceEquals(p.Prices, inForce),
            [.. p.Prices.ByClass.Select(r => new Rate(r.Class, r.Rate.BaseUsd, r.Rate.UnitsPerPrice, [.. r.Rate.Tiers.Select(t => new Tier(t.Start, t.PriceUsd))]))]))]);
    }
}
