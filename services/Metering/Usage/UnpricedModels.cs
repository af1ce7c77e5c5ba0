using System.Collections.Immutable;
using JasperFx.Events;
using Marten;
using Npgsql;
using TokenSense.Pricing;

namespace TokenSense.Metering.Usage;

/// <summary>A model without a price is told once for each workspace and period (product decision 13), with the first usage of it, until it has one.</summary>
internal static class UnpricedModels
{
    /// <summary>Claims what was not told of yet, in the recorder's transaction, and appends a <c>ModelUnpriced</c> for each.</summary>
    public static async Task Tell(
        IDocumentSession session, NpgsqlTransaction transaction, Guid workspaceId, IReadOnlyList<MeteredLine> lines, DateTimeOffset at, CancellationToken ct)
    {
        var first = lines.Where(l => l.CostUsd is null).GroupBy(l => (l.Period, l.Provider, l.Model)).ToDictionary(g => g.Key, g => g.First());
        if (first.Count == 0) return;
        await using var claim = new NpgsqlCommand(
            """
            insert into unpriced_models (workspace_id, period, provider, model)
            select $1, * from unnest($2, $3, $4) on conflict do nothing returning period, provider, model
            """, transaction.Connection, transaction)
        {
            Parameters =
            {
                new() { Value = workspaceId },
                new() { Value = first.Keys.Select(k => k.Period).ToArray() },
                new() { Value = first.Keys.Select(k => k.Provider).ToArray() },
                new() { Value = first.Keys.Select(k => k.Model).ToArray() },
            },
        };
        await using var reader = await claim.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var (period, provider, model) = (reader.GetString(0), reader.GetString(1), reader.GetString(2));
            var line = first[(period, provider, model)];
            session.Events.Append($"usage-{workspaceId}-{at:yyyy-MM-dd}",
                new Event<UsageEvent.ModelUnpriced>(new(workspaceId, period, provider, model, line.Source, line.Id, at))
                {
                    Id = UsageName.Of("model-unpriced", workspaceId.ToString("N"), period, provider, model, line.UsageId.ToString("N")),
                });
        }
    }

    /// <summary>Gives up the claims of models that the workspace's own prices cover from now on, and appends a <c>ModelPriced</c> for each.</summary>
    /// <param name="session">Of the change of prices, which holds the workspace's lock.</param>
    /// <param name="transaction">The same.</param>
    /// <param name="workspaceId">Whose prices.</param>
    /// <param name="own">Its prices.</param>
    /// <param name="book">The book with them.</param>
    /// <param name="at">When they were set.</param>
    /// <param name="ct">Stops it.</param>
    public static async Task TellPriced(
        IDocumentSession session, NpgsqlTransaction transaction, Guid workspaceId, ImmutableArray<PriceProvider> own, PriceBook book, DateTimeOffset at, CancellationToken ct)
    {
        var told = new List<(string Period, string Provider, string Model)>();
        await using (var select = new NpgsqlCommand(
            "select period, provider, model from unpriced_models where workspace_id = $1 order by period, provider, model", transaction.Connection, transaction)
            { Parameters = { new() { Value = workspaceId } } })
        await using (var reader = await select.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct)) told.Add((reader.GetString(0), reader.GetString(1), reader.GetString(2)));
        // By a price of its own: one of the book was there before, and some class of usage lacked it.
        bool IsOwn(PriceResult.Priced priced) => own.Any(p => p.Id == priced.ProviderId && p.Models.Any(m => m.Id == priced.ModelId));
        foreach (var (period, provider, model) in told)
        {
            if (book.Price(provider, model, OneOfEach, at) is not PriceResult.Priced priced || !IsOwn(priced)) continue;
            session.QueueSqlCommand("delete from unpriced_models where workspace_id = ? and period = ? and provider = ? and model = ?", workspaceId, period, provider, model);
            session.Events.Append($"usage-{workspaceId}-{at:yyyy-MM-dd}", new UsageEvent.ModelPriced(workspaceId, period, provider, model, at));
        }
    }

    private static readonly TokenUsage OneOfEach = new() { InputTokens = 1, OutputTokens = 1 };
}
