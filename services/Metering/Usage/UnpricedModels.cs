using JasperFx.Events;
using Marten;
using Npgsql;

namespace TokenSense.Metering.Usage;

/// <summary>A model without a price is told once for each workspace and period (product decision 13), with the first usage of it.</summary>
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
                    Id = UsageName.Of("model-unpriced", workspaceId.ToString("N"), period, provider, model),
                });
        }
    }
}
