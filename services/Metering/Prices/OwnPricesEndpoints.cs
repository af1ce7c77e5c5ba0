using System.Text.Json;
using Marten;
using Npgsql;
using TokenSense.Contracts;
using TokenSense.Metering.Usage;
using TokenSense.Pricing;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Metering.Prices;

/// <summary>A workspace's own prices, in the price book's schema: they go before the book's, for what is recorded from then on.</summary>
public static class OwnPricesEndpoints
{
    // Each is an event of up to 128 KiB that every gateway is told.
    private const int ChangesPerDayMax = 200;

    /// <param name="Version">Of the price book that they go before.</param>
    /// <param name="Revision">0: none were ever set.</param>
    public sealed record Answer(string Version, long Revision, JsonElement Providers);

    public static void MapOwnPrices(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/workspaces/{ws}/prices", Get).WithName("get-own-prices").WithTags("prices").Produces<Answer>();
        routes.MapPut("/workspaces/{ws}/prices", Set).WithName("set-own-prices").WithTags("prices").Produces<Answer>();
    }

    private static async Task<IResult> Get(Access access, Directory directory, PriceBook book, CancellationToken ct) =>
        TypedResults.Ok(View(book, Of(access.Workspace.WorkspaceId, await directory.Prices(access.Workspace.WorkspaceId, ct))));

    private static async Task<IResult> Set(
        Access access, Form body, NpgsqlDataSource database, IDocumentStore store, PriceBook book, TimeProvider clock, CancellationToken ct)
    {
        var given = body.List("providers");
        var seen = body.Whole("revision", 0, long.MaxValue);
        JsonElement providers = default;
        try
        {
            if (given is { } list) providers = OwnPrices.Accept(list, book);
        }
        catch (FormatException e)
        {
            body.Error("providers", e.Message);
        }
        if (!body.IsValid) return Problems.Invalid(body.Errors);

        var workspaceId = access.Workspace.WorkspaceId;
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        // What is recorded after this waits for it, and is counted at the new prices.
        await using (var take = new NpgsqlCommand("select pg_advisory_xact_lock($1)", connection, transaction) { Parameters = { new() { Value = EventStore.LockOf(workspaceId) } } })
            await take.ExecuteNonQueryAsync(ct);
        var before = Of(workspaceId, await Directory.Prices(workspaceId, transaction, ct));
        if (seen is { } revision && revision != before.Revision)
            return Problems.Of(409, "PRICES_CHANGED", "Somebody changed the prices meanwhile. Read them again.");
        var events = WorkspacePrices.Decide(new(providers, clock.GetUtcNow()), before).ToList();
        if (events.Count == 0) return TypedResults.Ok(View(book, before));
        if (await ChangesToday(transaction, workspaceId, before.Stream, ct) >= ChangesPerDayMax)
            return Problems.Of(429, "RATE_LIMITED", $"Own prices change at most {ChangesPerDayMax} times a day.");
        var after = events.Aggregate(before, WorkspacePrices.Evolve);
        await using var session = await store.OpenSession(transaction, workspaceId, access.Caller.Actor, access.From, ct);
        session.Events.Append(after.Stream, after.Revision, events.Cast<object>().ToArray());
        var own = OwnPrices.Read(after.Providers);
        await UnpricedModels.TellPriced(session, transaction, workspaceId, own, book.With(own, after.Revision), clock.GetUtcNow(), ct);
        await session.SaveChangesAsync(ct);
        await Directory.Apply(after.Contract(), transaction, ct);
        await transaction.CommitAsync(ct);
        return TypedResults.Ok(View(book, after));
    }

    private static async Task<long> ChangesToday(NpgsqlTransaction transaction, Guid workspaceId, string stream, CancellationToken ct)
    {
        await using var count = new NpgsqlCommand("select count(*) from mt_events where tenant_id = $2 and stream_id = $1 and timestamp > now() - interval '1 day'", transaction.Connection, transaction)
        {
            Parameters = { new() { Value = stream }, new() { Value = workspaceId.ToString() } },
        };
        return (long)(await count.ExecuteScalarAsync(ct))!;
    }

    internal static PricesChanged Contract(this WorkspacePrices prices) =>
        new() { WorkspaceId = prices.WorkspaceId, Providers = prices.Providers, Version = prices.Revision };

    private static WorkspacePrices Of(Guid workspaceId, PricesChanged? known) =>
        known is null ? WorkspacePrices.None(workspaceId) : new(workspaceId, known.Providers, known.Version);

    private static Answer View(PriceBook book, WorkspacePrices prices) => new(book.Version, prices.Revision, prices.Providers);
}
