using TokenSense.Pricing;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.Metering.Prices;

/// <summary>The price book's providers and models, with its version.</summary>
public static class GetPrices
{
    public sealed record Answer(string Version, IReadOnlyList<Provider> Data);
    public sealed record Provider(string Id, string Name, IReadOnlyList<string> Models);

    public static void MapPrices(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/prices", (PriceBook book) => TypedResults.Ok(new Answer(book.Version,
            [.. book.Providers.Select(p => new Provider(p.Id, p.Name, [.. p.Models.Select(m => m.Id)]))]))).NeedsPerson().WithName("get-prices").WithTags("prices");
}
