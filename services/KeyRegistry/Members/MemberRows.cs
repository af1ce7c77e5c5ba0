using System.Text.Json.Serialization;
using Npgsql;
using NpgsqlTypes;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Members;

/// <summary>A member, or an invitation that is open.</summary>
/// <param name="Id">The person's, or the invitation's.</param>
/// <param name="Status"><c>active</c> or <c>invited</c>.</param>
/// <param name="ExpiresAt">An invitation's end.</param>
/// <param name="Link">Accepts the invitation, once; only in the answer that made it.</param>
public sealed record MemberView(
    Guid Id, string? Email, string? Name, string Role, string Status, DateTimeOffset? ExpiresAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Uri? Link = null)
{
    public const string Active = "active", Invited = "invited";
}

/// <summary>Members and open invitations of a workspace, as the tables have them.</summary>
public static class MemberRows
{
    private const string Select =
        """
        select id, email, name, role, status, expires_at from (
            select split_part(m.id, '/', 2)::uuid as id, p.body->>'email' as email, p.body->>'name' as name, m.body->>'role' as role, 'active' as status, null::timestamptz as expires_at
            from directory m left join directory p on p.kind = 'person' and p.id = split_part(m.id, '/', 2)
            where m.kind = 'member' and m.workspace_id = $1 and m.body->>'role' is not null
            union all
            select id, email, name, role, 'invited', expires_at from invitations where workspace_id = $1 and expires_at > $2) as people
        where ($3::uuid is null or id = $3) and id > $4 order by id limit $5
        """;

    public static Task<IReadOnlyList<MemberView>> All(NpgsqlDataSource database, Guid workspaceId, DateTimeOffset now, Guid after, int countMax, CancellationToken ct) =>
        Read(database.CreateCommand(Select), workspaceId, now, null, after, countMax, ct);

    public static async Task<MemberView?> Find(NpgsqlDataSource database, Guid workspaceId, Guid id, DateTimeOffset now, CancellationToken ct) =>
        (await Read(database.CreateCommand(Select), workspaceId, now, id, Guid.Empty, 1, ct)).SingleOrDefault();

    /// <summary>The same as it stands in a change, where nobody else changes it.</summary>
    public static async Task<MemberView?> Find(Change change, Guid workspaceId, Guid id, DateTimeOffset now, CancellationToken ct) =>
        (await Read(change.Command(Select), workspaceId, now, id, Guid.Empty, 1, ct)).SingleOrDefault();

    public static async Task<Role?> RoleOf(Change change, Guid workspaceId, Guid userId, CancellationToken ct)
    {
        await using var command = change.Command("select body->>'role' from directory where kind = 'member' and id = $1", $"{workspaceId}/{userId}");
        return await command.ExecuteScalarAsync(ct) is string role ? Enum.Parse<Role>(role, ignoreCase: true) : null;
    }

    public static async Task<int> Owners(Change change, Guid workspaceId, CancellationToken ct)
    {
        await using var command = change.Command(
            "select count(*) from directory where kind = 'member' and workspace_id = $1 and body->>'role' = 'owner'", workspaceId);
        return (int)(long)(await command.ExecuteScalarAsync(ct))!;
    }

    private static async Task<IReadOnlyList<MemberView>> Read(
        NpgsqlCommand command, Guid workspaceId, DateTimeOffset now, Guid? id, Guid after, int countMax, CancellationToken ct)
    {
        await using var disposed = command;
        command.Parameters.Add(new() { Value = workspaceId });
        command.Parameters.Add(new() { Value = now });
        command.Parameters.Add(new() { Value = (object?)id ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = after });
        command.Parameters.Add(new() { Value = countMax });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<MemberView>();
        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
        while (await reader.ReadAsync(ct))
            found.Add(new(reader.GetGuid(0), Text(1), Text(2), reader.GetString(3), reader.GetString(4), reader.IsDBNull(5) ? null : reader.GetFieldValue<DateTimeOffset>(5)));
        return found;
    }
}
