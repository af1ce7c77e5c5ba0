using Npgsql;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;
using TokenSense.ServiceDefaults.Audit;

namespace TokenSense.KeyRegistry;

/// <summary>Who the people are that an audit log names by their ids: looked up when it is read, so that who is erased is nobody there either.</summary>
public static class AuditPeopleEndpoints
{
    private const int IdsMax = 100;

    public static void MapAuditPeople(this IEndpointRouteBuilder api)
    {
        api.MapGet(AuditEndpoints.OfWorkspace + "/people", (Access access, HttpContext http, NpgsqlDataSource database, CancellationToken ct) =>
            Read(access.Workspace.WorkspaceId, http, database, ct)).ExcludeFromDescription();
        api.MapGet(AuditEndpoints.OfInstallation + "/people", (HttpContext http, NpgsqlDataSource database, CancellationToken ct) =>
            Read(null, http, database, ct)).ExcludeFromDescription();
    }

    // A workspace learns of those alone who are or were in it.
    private static async Task<IResult> Read(Guid? workspaceId, HttpContext http, NpgsqlDataSource database, CancellationToken ct)
    {
        var given = http.Request.Query["id"];
        var ids = given.Select(id => Guid.TryParse(id, out var known) ? known : Guid.Empty).ToList();
        if (ids.Count > IdsMax || ids.Contains(Guid.Empty))
            return Problems.Invalid(new Dictionary<string, string[]> { ["id"] = [$"must be at most {IdsMax} ids"] });
        await using var select = database.CreateCommand(
            """
            select p.id, p.body->>'name', p.body->>'email' from directory p where p.kind = 'person' and p.id = any($1)
                and ($2::text is null or exists (select from directory m where m.kind = 'member' and m.id = $2 || '/' || p.id))
            """);
        select.Parameters.Add(new() { Value = ids.Select(id => $"{id}").ToArray() });
        select.Parameters.Add(new() { Value = (object?)workspaceId?.ToString() ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        var people = new List<AuditPerson>();
        await using var reader = await select.ExecuteReaderAsync(ct);
        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
        while (await reader.ReadAsync(ct)) people.Add(new(Guid.Parse(reader.GetString(0)), Text(1), Text(2)));
        return TypedResults.Ok(new AuditPeople(people));
    }
}
