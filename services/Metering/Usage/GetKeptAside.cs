using System.Text.Json;
using Npgsql;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.Metering.Usage;

/// <summary>Conflicts of a workspace, newest first: the second report of a name, with other content than the first.</summary>
public static class GetKeptAside
{
    private const int LimitMax = 200;

    public sealed record Answer(IReadOnlyList<Kept> Data, string? NextCursor);
    public sealed record Kept(Guid Id, string Source, string UsageId, string Reporter, string Code, string Message, JsonElement Reported, DateTimeOffset At);

    public static void MapKeptAside(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/workspaces/{ws}/conflicts", Get).Needs(Role.Viewer).WithName("list-conflicts").WithTags("usage").Produces<Answer>();

    private static async Task<IResult> Get(Access access, NpgsqlDataSource database, string? cursor, int? limit, CancellationToken ct)
    {
        var count = Math.Clamp(limit ?? 50, 1, LimitMax);
        DateTimeOffset? before = null;
        if (cursor is not null)
        {
            if (!long.TryParse(cursor, out var ticks) || ticks < 0 || ticks > DateTimeOffset.MaxValue.UtcTicks)
                return Problems.Invalid(new Dictionary<string, string[]> { ["cursor"] = ["is not one that this list gave"] });
            before = new DateTimeOffset(ticks, TimeSpan.Zero);
        }
        await using var select = database.CreateCommand(
            """
            select id, source, line_id, reporter, code, message, line, at from kept_aside
            where workspace_id = $1 and kind = 'conflict' and ($2::timestamptz is null or at < $2) order by at desc, id limit $3
            """);
        select.Parameters.Add(new() { Value = access.Workspace.WorkspaceId });
        select.Parameters.Add(new() { Value = (object?)before ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
        select.Parameters.Add(new() { Value = count });
        var kept = new List<Kept>();
        await using var reader = await select.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            kept.Add(new(reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5),
                JsonSerializer.Deserialize<JsonElement>(reader.GetString(6)), reader.GetFieldValue<DateTimeOffset>(7)));
        return TypedResults.Ok(new Answer(kept, kept.Count == count ? kept[^1].At.UtcTicks.ToString() : null));
    }
}
