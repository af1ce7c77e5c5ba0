using Npgsql;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Metering.Reports;

/// <summary>Usage over a range of days: by day, project, key or model from the rollups; without <c>group_by</c> its lines.</summary>
public static class GetUsage
{
    private static readonly Dictionary<string, string> Dimensions = new()
    {
        ["day"] = "day", ["project"] = "project_id", ["key"] = "key_id", ["model"] = "model",
    };

    public sealed record Answer(IReadOnlyList<Row> Data, string? NextCursor);
    public sealed record Row
    {
        public DateOnly? Day { get; init; }
        public Guid? ProjectId { get; init; }
        public Guid? KeyId { get; init; }
        public string? Model { get; init; }
        public required long Requests { get; init; }
        public required long InputTokens { get; init; }
        public required long OutputTokens { get; init; }
        public required decimal CostUsd { get; init; }
        public required long Unpriced { get; init; }
    }

    public static void MapGetUsage(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/workspaces/{ws}/usage", Get).WithName("get-usage").WithTags("usage").Produces<Answer>();

    private static async Task<IResult> Get(
        Access access, NpgsqlDataSource database, Directory directory, Authentication arrival, Paging paging, string? from, string? to, string? group_by,
        string? project, string? key, string? model, CancellationToken ct) =>
        await UsageFilter.Of(access, directory, arrival, project, key, model, ct) is not { } filter ? Problems.NotFound()
        : string.IsNullOrEmpty(group_by) ? await GetUsageLines.Get(access, database, filter, paging, from, to, ct)
        : await Grouped(access, database, filter, from, to, group_by, ct);

    private static async Task<IResult> Grouped(
        Access access, NpgsqlDataSource database, UsageFilter filter, string? from, string? to, string group_by, CancellationToken ct)
    {
        var errors = new Dictionary<string, string[]>(filter.Errors);
        var calendar = new PeriodCalendar(access.Workspace.TimeZones);
        var (first, last) = (TimeBound.FirstDay(from, calendar, errors), TimeBound.LastDay(to, calendar, errors));
        var dimensions = group_by.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct().ToList();
        if (dimensions.Count == 0 || dimensions.Any(d => !Dimensions.ContainsKey(d))) errors["group_by"] = ["must name some of day, project, key, model"];
        if (errors.Count > 0) return Problems.Invalid(errors);

        // The keys and models of a day may be many; where neither is asked for, its projects' sums are enough.
        var isCoarse = dimensions.All(d => d is "day" or "project") && filter is { KeyId: null, Model: null };
        var columns = string.Join(", ", dimensions.Select(d => Dimensions[d]));
        await using var select = database.CreateCommand(
            $"""
            select {columns}, sum(requests)::bigint, sum(input_tokens)::bigint, sum(output_tokens)::bigint, sum(cost_usd), sum(unpriced)::bigint
            from {(isCoarse ? "usage_project_days" : "usage_days")} where workspace_id = $1 and ($2::date is null or day >= $2) and ($3::date is null or day <= $3)
                and ($4::uuid is null or project_id = $4){(isCoarse ? " and ($5::uuid is null) and ($6::text is null)" : " and ($5::uuid is null or key_id = $5) and ($6::text is null or model = $6)")}
            group by {columns} order by {columns}
            """);
        select.Parameters.Add(new() { Value = access.Workspace.WorkspaceId });
        select.Parameters.Add(new() { Value = (object?)first ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Date });
        select.Parameters.Add(new() { Value = (object?)last ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Date });
        filter.Fill(select.Parameters);
        var rows = new List<Row>();
        await using var reader = await select.ExecuteReaderAsync(ct);
        var count = dimensions.Count;
        T? At<T>(string dimension) where T : struct => dimensions.IndexOf(dimension) is var i and >= 0 ? reader.GetFieldValue<T>(i) : null;
        while (await reader.ReadAsync(ct))
            rows.Add(new Row
            {
                Day = At<DateOnly>("day"),
                ProjectId = At<Guid>("project") is { } project && project != Rollup.Unassigned ? project : null,
                KeyId = At<Guid>("key"),
                Model = dimensions.IndexOf("model") is var m and >= 0 ? reader.GetString(m) : null,
                Requests = reader.GetInt64(count), InputTokens = reader.GetInt64(count + 1), OutputTokens = reader.GetInt64(count + 2),
                CostUsd = reader.GetDecimal(count + 3), Unpriced = reader.GetInt64(count + 4),
            });
        return TypedResults.Ok(new Answer(rows, null));
    }
}
