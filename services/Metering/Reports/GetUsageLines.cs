using Npgsql;
using NpgsqlTypes;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.Metering.Reports;

/// <summary>The recorded lines of a workspace, newest first by the time of the call.</summary>
internal static class GetUsageLines
{
    // PostgreSQL's -infinity and infinity.
    private static readonly DateTime Ever = DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc), Never = DateTime.SpecifyKind(DateTime.MaxValue, DateTimeKind.Utc);

    public sealed record Totals(long InputTokens, long OutputTokens);

    /// <summary><see cref="CostFrom"/> is <c>price_book</c>, <c>reported</c> or <c>unpriced</c>; the cost is null while unpriced.</summary>
    public sealed record Line(
        DateTimeOffset Time, DateTimeOffset RecordedAt, string Source, string Id, Guid KeyId, Guid? ProjectId, string Provider, string Model,
        Totals Usage, decimal? CostUsd, string CostFrom, bool Unpriced, bool Estimated);

    public static async Task<IResult> Get(
        Access access, NpgsqlDataSource database, UsageFilter filter, Paging paging, string? from, string? to, CancellationToken ct)
    {
        var errors = new Dictionary<string, string[]>(filter.Errors.Concat(paging.Errors));
        var calendar = new PeriodCalendar(access.Workspace.TimeZones);
        var (first, end) = (TimeBound.From(from, calendar, errors), TimeBound.To(to, calendar, errors));
        if (errors.Count > 0) return Problems.Invalid(errors);

        await using var select = database.CreateCommand(
            """
            select time, recorded_at, source, id, key_id, project_id, provider, model, input_tokens, output_tokens, cost_usd, cost_from, estimated, usage_id
            from usage_lines where workspace_id = $1 and ($2::uuid is null or project_id = $2) and ($3::uuid is null or key_id = $3)
                and ($4::text is null or model = $4) and time >= $5 and time < $6 and (time, usage_id) < ($7, $8)
            order by time desc, usage_id desc limit $9
            """);
        select.Parameters.Add(new() { Value = access.Workspace.WorkspaceId });
        filter.Fill(select.Parameters);
        void Add(DateTimeOffset? time, DateTime otherwise) =>
            select.Parameters.Add(new() { Value = time?.UtcDateTime ?? otherwise, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        Add(first, Ever);
        Add(end, Never);
        Add(paging.BeforeTime, Never);
        select.Parameters.Add(new() { Value = paging.BeforeId });
        select.Parameters.Add(new() { Value = paging.Take });
        var lines = new List<(Line Line, Guid UsageId)>();
        await using var reader = await select.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) lines.Add((Read(reader), reader.GetGuid(13)));
        var page = paging.Of(lines, l => (l.Line.Time, l.UsageId));
        return TypedResults.Ok(new Page<Line>([.. page.Data.Select(l => l.Line)], page.NextCursor));
    }

    private static Line Read(NpgsqlDataReader reader) => new(
        reader.GetFieldValue<DateTimeOffset>(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2), reader.GetString(3), reader.GetGuid(4),
        reader.GetGuid(5) is var project && project == Rollup.Unassigned ? null : project, reader.GetString(6), reader.GetString(7),
        new(reader.GetInt64(8), reader.GetInt64(9)), reader.IsDBNull(10) ? null : reader.GetDecimal(10), reader.GetString(11), reader.IsDBNull(10),
        reader.GetBoolean(12));
}
