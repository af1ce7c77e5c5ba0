using System.Text.Json;
using Npgsql;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.Metering.Usage;

/// <summary>What was kept aside in a workspace and nobody has dismissed, newest first.</summary>
/// <remarks>A conflict is the second report of a name, with other content than the first. A rejected line came over the bus and named a key of the workspace.</remarks>
public static class GetKeptAside
{
    public const string Conflict = "conflict", Rejected = "rejected";

    /// <summary><see cref="Reported"/> is what is kept of the line: null where it was too long or no text.</summary>
    public sealed record Kept(
        Guid Id, string? Source, string? UsageId, string Reporter, string Code, string Message, JsonElement? Reported, DateTimeOffset At);

    public static void MapKeptAside(this IEndpointRouteBuilder routes)
    {
        Map("conflicts", Conflict);
        Map("rejected", Rejected);

        void Map(string path, string kind) =>
            routes.MapGet($"/workspaces/{{ws}}/{path}", (Access access, NpgsqlDataSource database, Paging paging, CancellationToken ct) =>
                Get(kind, access, database, paging, ct)).WithName($"list-{path}").WithTags("usage").Produces<Page<Kept>>();
    }

    private static async Task<IResult> Get(string kind, Access access, NpgsqlDataSource database, Paging paging, CancellationToken ct)
    {
        if (paging.Errors.Count > 0) return Problems.Invalid(paging.Errors);
        await using var select = database.CreateCommand(
            """
            select id, source, line_id, reporter, code, message, line, at from kept_aside
            where workspace_id = $1 and kind = $2 and dismissed_at is null and ($3::timestamptz is null or (at, id) < ($3, $4))
            order by at desc, id desc limit $5
            """);
        select.Parameters.Add(new() { Value = access.Workspace.WorkspaceId });
        select.Parameters.Add(new() { Value = kind });
        select.Parameters.Add(new() { Value = (object?)paging.BeforeTime ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
        select.Parameters.Add(new() { Value = paging.BeforeId });
        select.Parameters.Add(new() { Value = paging.Take });
        var kept = new List<Kept>();
        await using var reader = await select.ExecuteReaderAsync(ct);
        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
        while (await reader.ReadAsync(ct))
            kept.Add(new(reader.GetGuid(0), Text(1), Text(2), reader.GetString(3), reader.GetString(4), reader.GetString(5),
                Text(6) is { } line ? JsonSerializer.Deserialize<JsonElement>(line) : null, reader.GetFieldValue<DateTimeOffset>(7)));
        return TypedResults.Ok(paging.Of(kept, k => (k.At, k.Id)));
    }
}
