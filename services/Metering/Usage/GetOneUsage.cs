using Marten;
using Microsoft.AspNetCore.Http.Features;
using Npgsql;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.Metering.Usage;

/// <summary>One usage explained: what was counted, at which price and why, and which totals it moved.</summary>
public static class GetOneUsage
{
    public sealed record Answer(
        Guid UsageId, string Source, string Id, string Reporter, DateTimeOffset Time, DateTimeOffset RecordedAt, string Period,
        Guid KeyId, Guid? ProjectId, string Provider, string Model, string? ApiFlavor, IReadOnlyDictionary<string, long> Usage,
        decimal? CostUsd, decimal? ReportedCostUsd, string CostFrom, Price? Price, string? UnpricedReason, bool Estimated,
        IReadOnlyDictionary<string, string>? Metadata, long? LatencyMs, int? Status, IReadOnlyList<string> Streams, IReadOnlyList<object> Corrections);
    public sealed record Price(string BookVersion, string ProviderId, string ModelId, DateOnly? ValidFrom, IReadOnlyList<PriceLine> Lines);
    public sealed record PriceLine(string Class, long Units, decimal UsdPerUnit, decimal CostUsd);

    public static void MapGetOneUsage(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/workspaces/{ws}/usage/{source}/{id}", Get).WithName("get-one-usage").WithTags("usage").Produces<Answer>();

    private static async Task<IResult> Get(HttpContext http, Access access, string source, string id, NpgsqlDataSource database, IDocumentStore store, CancellationToken ct)
    {
        (source, id) = (Sent(http, source, 2), Sent(http, id, 1));
        var workspaceId = access.Workspace.WorkspaceId;
        var names = new List<Guid>();
        await using (var select = database.CreateCommand("select reporter from reporters where workspace_id = $1 and source = $2"))
        {
            select.Parameters.Add(new() { Value = workspaceId });
            select.Parameters.Add(new() { Value = source });
            await using var reader = await select.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) names.Add(UsageName.Of(workspaceId, reader.GetString(0), source, id));
        }
        await using var find = database.CreateCommand("select usage_id, event_id from claims where usage_id = any($1) order by usage_id limit 1");
        find.Parameters.Add(new() { Value = names.ToArray() });
        Guid usageId, eventId;
        await using (var reader = await find.ExecuteReaderAsync(ct))
        {
            if (!await reader.ReadAsync(ct)) return Problems.NotFound();
            (usageId, eventId) = (reader.GetGuid(0), reader.GetGuid(1));
        }
        await using var session = store.QuerySession(workspaceId.ToString());
        var recorded = (UsageEvent.UsageRecorded)(await session.Events.LoadAsync(eventId, ct))!.Data;
        return TypedResults.Ok(Explain(workspaceId, recorded, recorded.Lines.Single(l => l.UsageId == usageId)));
    }

    // ASP.NET Core leaves the %2F of a slash in a route's value, where it cannot be told from a "%2F" that was meant: such a value is read as it was sent.
    private static string Sent(HttpContext http, string value, int fromEnd)
    {
        if (!value.Contains('%', StringComparison.Ordinal)) return value;
        var path = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0].TrimEnd('/');
        return Uri.UnescapeDataString(path.Split('/')[^fromEnd]);
    }

    private static Answer Explain(Guid workspaceId, UsageEvent.UsageRecorded recorded, MeteredLine line) => new(
        line.UsageId, line.Source, line.Id, line.Reporter, line.Time, recorded.At, line.Period, line.KeyId, line.ProjectId,
        line.Provider, line.Model, line.ApiFlavor, line.Usage.ByClass(), line.CostUsd, line.ReportedCostUsd,
        UsageLines.CostFrom(line),
        line.Price is { } price
            ? new Price(price.BookVersion, price.ProviderId, price.ModelId, price.ValidFrom,
                [.. price.Rates.Select(r => new PriceLine(r.Class, r.Units, r.UsdPerUnit, r.CostUsd))])
            : null,
        line.Unpriced, line.Estimated, line.Metadata, line.LatencyMs, line.Status, [.. Streams(workspaceId, recorded, line)], []);

    private static IEnumerable<string> Streams(Guid workspaceId, UsageEvent.UsageRecorded recorded, MeteredLine line)
    {
        yield return $"usage-{workspaceId}-{recorded.At:yyyy-MM-dd}";
        if (line.CostUsd is null) yield break;
        yield return $"spend-workspace-{workspaceId}-{line.Period}";
        if (line.ProjectId is { } project) yield return $"spend-project-{project}-{line.Period}";
    }
}
