using System.Text.Json;
using Marten;
using Npgsql;
using NpgsqlTypes;
using TokenSense.Contracts;

namespace TokenSense.ServiceDefaults.Access;

/// <summary>Who and what exists, as KeyRegistry tells it: each service keeps its own copy and asks nobody.</summary>
/// <remarks>Rows are the contracts themselves, replaced by higher versions only, so messages may repeat and overtake each other.</remarks>
public sealed class Directory(NpgsqlDataSource database)
{
    public const string Tables =
        """
        create table directory (
            kind text not null,
            id text not null,
            workspace_id uuid,
            slug text,
            version bigint not null,
            body jsonb not null,
            primary key (kind, id));
        create index directory_slug on directory (kind, slug);
        create index directory_workspace on directory (workspace_id, kind);
        create table directory_hashes (
            sha256 text primary key,
            kind text not null,
            id text not null);
        create index directory_hashes_owner on directory_hashes (kind, id);
        """;

    // One statement, so that a row and its hashes change together even outside a transaction.
    private const string Upsert =
        """
        with changed as (
            insert into directory as d (kind, id, workspace_id, slug, version, body) values ($1, $2, $3, $4, $5, $6)
            on conflict (kind, id) do update
                set workspace_id = excluded.workspace_id, slug = excluded.slug, version = excluded.version, body = excluded.body
                where d.version < excluded.version
            returning kind, id),
        gone as (
            delete from directory_hashes h using changed c where h.kind = c.kind and h.id = c.id and not h.sha256 = any($7))
        insert into directory_hashes (sha256, kind, id)
            select unnest($7), kind, id from changed
            on conflict (sha256) do nothing
        """;

    /// <summary>Takes a state that came over the bus.</summary>
    public async Task Apply(object state, CancellationToken ct)
    {
        await using var command = database.CreateCommand(Upsert);
        Fill(command, state);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Writes a state together with the events that made it.</summary>
    public static async Task Apply(object state, NpgsqlTransaction transaction, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Upsert, transaction.Connection, transaction);
        Fill(command, state);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Takes it that a person was deleted: the network addresses that they came from go, and no further ones are kept.</summary>
    public async Task Erase(PersonErased erased, CancellationToken ct)
    {
        await Apply(erased, ct);
        await using var command = database.CreateCommand(Origins.Erase);
        command.Parameters.Add(new() { Value = $"user:{erased.UserId}" });
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>The same in the change that deletes them.</summary>
    public static async Task Erase(PersonErased erased, NpgsqlTransaction transaction, CancellationToken ct)
    {
        await Apply(erased, transaction, ct);
        await using var command = new NpgsqlCommand(Origins.Erase, transaction.Connection, transaction);
        command.Parameters.Add(new() { Value = $"user:{erased.UserId}" });
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>A workspace by id or slug; a deleted one is not there.</summary>
    public async Task<WorkspaceChanged?> Workspace(string idOrSlug, CancellationToken ct) =>
        await Find<WorkspaceChanged>("workspace", idOrSlug, null, ct) is { DeletedAt: null } found ? found : null;

    public Task<ProjectChanged?> Project(Guid workspaceId, string idOrSlug, CancellationToken ct) =>
        Find<ProjectChanged>("project", idOrSlug, workspaceId, ct);

    public Task<ApiKeyChanged?> Key(Guid workspaceId, Guid keyId, CancellationToken ct) =>
        Find<ApiKeyChanged>("key", keyId.ToString(), workspaceId, ct);

    /// <summary>A gateway's credential by its name: the one in use; else the last that was revoked, whose limits still hold for what comes late.</summary>
    public Task<CredentialChanged?> Gateway(string name, CancellationToken ct) =>
        One<CredentialChanged>("select body from directory where kind = 'credential' and slug = $1 order by (body->>'revokedAt') is not null, id desc limit 1", ct, name);

    public async Task<string?> RoleOf(Guid workspaceId, Guid userId, CancellationToken ct) =>
        (await One<MemberChanged>("select body from directory where kind = 'member' and id = $1", ct, $"{workspaceId}/{userId}"))?.Role;

    public Task<SigningKeyChanged?> SigningKey(string id, CancellationToken ct) =>
        One<SigningKeyChanged>("select body from directory where kind = 'signing-key' and id = $1", ct, id);

    /// <summary>The workspace's own prices; null: it never had any.</summary>
    public Task<PricesChanged?> Prices(Guid workspaceId, CancellationToken ct) =>
        One<PricesChanged>("select body from directory where kind = 'prices' and id = $1", ct, workspaceId.ToString());

    /// <summary>The same in the change that follows from it.</summary>
    public static async Task<PricesChanged?> Prices(Guid workspaceId, NpgsqlTransaction transaction, CancellationToken ct)
    {
        await using var select = new NpgsqlCommand("select body from directory where kind = 'prices' and id = $1", transaction.Connection, transaction)
        {
            Parameters = { new() { Value = workspaceId.ToString() } },
        };
        return await select.ExecuteScalarAsync(ct) is string body ? Read<PricesChanged>(body) : null;
    }

    /// <summary>Which of a person's sessions ended lately; null: none ever did.</summary>
    public Task<SessionsEnded?> SessionsEnded(Guid userId, CancellationToken ct) =>
        One<SessionsEnded>("select body from directory where kind = 'sessions' and id = $1", ct, userId.ToString());

    /// <summary>The key or credential that a secret's hash opens: <see cref="ApiKeyChanged"/>, <see cref="CredentialChanged"/> or null.</summary>
    public async Task<object?> ByHash(string sha256, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "select d.kind, d.body from directory_hashes h join directory d using (kind, id) where h.sha256 = $1");
        command.Parameters.Add(new() { Value = sha256 });
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) return null;
        return reader.GetString(0) == "key" ? Read<ApiKeyChanged>(reader.GetString(1)) : Read<CredentialChanged>(reader.GetString(1));
    }

    /// <summary>The workspaces in which a person has a role.</summary>
    public async Task<IReadOnlyList<(WorkspaceChanged Workspace, string Role)>> WorkspacesOf(Guid userId, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select w.body, m.body->>'role' from directory m join directory w on w.kind = 'workspace' and w.id = m.workspace_id::text
            where m.kind = 'member' and m.id like '%/' || $1 and m.body->>'role' is not null and w.body->>'deletedAt' is null
            order by w.slug limit 1000
            """);
        command.Parameters.Add(new() { Value = userId.ToString() });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<(WorkspaceChanged, string)>();
        while (await reader.ReadAsync(ct)) found.Add((Read<WorkspaceChanged>(reader.GetString(0)), reader.GetString(1)));
        return found;
    }

    /// <summary>The members of a workspace with this role or more, and who they are.</summary>
    public async Task<IReadOnlyList<KnownMember>> People(Guid workspaceId, Role minimum, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select m.body, p.body from directory m left join directory p on p.kind = 'person' and p.id = split_part(m.id, '/', 2)
            where m.kind = 'member' and m.workspace_id = $1 and m.body->>'role' = any($2)
            order by m.id limit 1000
            """);
        command.Parameters.Add(new() { Value = workspaceId });
        command.Parameters.Add(new() { Value = Enum.GetValues<Role>().Where(r => r >= minimum).Select(r => r.ToString().ToLowerInvariant()).ToArray() });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<KnownMember>();
        while (await reader.ReadAsync(ct))
        {
            var member = Read<MemberChanged>(reader.GetString(0));
            var person = await reader.IsDBNullAsync(1, ct) ? null : Read<PersonChanged>(reader.GetString(1));
            found.Add(new(member.UserId, Enum.Parse<Role>(member.Role!, ignoreCase: true), person?.Email, person?.Name));
        }
        return found;
    }

    /// <summary>Who somebody is, in a directory that keeps people; after they were erased without name and address.</summary>
    public Task<PersonChanged?> Person(Guid userId, CancellationToken ct) =>
        One<PersonChanged>("select body from directory where kind = 'person' and id = $1", ct, userId.ToString());

    /// <summary>Everything of one kind, of one workspace or of all.</summary>
    public async Task<IReadOnlyList<T>> All<T>(string kind, Guid? workspaceId, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "select body from directory where kind = $1 and ($2::uuid is null or workspace_id = $2) order by slug, id");
        command.Parameters.Add(new() { Value = kind });
        command.Parameters.Add(new() { Value = (object?)workspaceId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<T>();
        while (await reader.ReadAsync(ct)) found.Add(Read<T>(reader.GetString(0)));
        return found;
    }

    private Task<T?> Find<T>(string kind, string idOrSlug, Guid? workspaceId, CancellationToken ct) where T : class =>
        Guid.TryParse(idOrSlug, out var id)
            ? One<T>("select body from directory where kind = $1 and id = $2 and ($3::uuid is null or workspace_id = $3)", ct, kind, id.ToString(), workspaceId)
            : One<T>("select body from directory where kind = $1 and slug = $2 and ($3::uuid is null or workspace_id = $3) order by version desc limit 1",
                ct, kind, idOrSlug, workspaceId);

    private async Task<T?> One<T>(string sql, CancellationToken ct, params object?[] values) where T : class
    {
        await using var command = database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(value is null ? new() { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid } : new() { Value = value });
        return await command.ExecuteScalarAsync(ct) is string body ? Read<T>(body) : null;
    }

    private static T Read<T>(string body) => JsonSerializer.Deserialize<T>(body, JsonSerializerOptions.Web)!;

    private static void Fill(NpgsqlCommand command, object state)
    {
        var row = state switch
        {
            WorkspaceChanged w => new Row("workspace", w.WorkspaceId.ToString(), w.WorkspaceId, w.Slug, w.Version, []),
            ProjectChanged p => new Row("project", p.ProjectId.ToString(), p.WorkspaceId, p.Slug, p.Version, []),
            ApiKeyChanged k => new Row("key", k.KeyId.ToString(), k.WorkspaceId, null, k.Version, [.. k.Secrets.Select(s => s.Sha256)]),
            MemberChanged m => new Row("member", $"{m.WorkspaceId}/{m.UserId}", m.WorkspaceId, null, m.Version, []),
            CredentialChanged c => new Row("credential", c.CredentialId.ToString(), c.Workspaces is [var only] ? only : null, c.Kind == "gateway" ? c.Name : null, c.Version, [c.Sha256]),
            PersonChanged p => new Row("person", p.UserId.ToString(), null, null, p.Version, []),
            SessionsEnded e => new Row("sessions", e.UserId.ToString(), null, null, e.Version, []),
            PricesChanged p => new Row("prices", p.WorkspaceId.ToString(), p.WorkspaceId, null, p.Version, []),
            PersonErased e => new Row("erased", e.UserId.ToString(), null, null, e.Version, []),
            SigningKeyChanged s => new Row("signing-key", s.SigningKeyId.ToString(), null, null, s.Version, []),
            _ => throw new ArgumentException($"The directory does not keep {state.GetType().Name}.", nameof(state)),
        };
        command.Parameters.Add(new() { Value = row.Kind });
        command.Parameters.Add(new() { Value = row.Id });
        command.Parameters.Add(new() { Value = (object?)row.Workspace ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = (object?)row.Slug ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = row.Version });
        command.Parameters.Add(new() { Value = JsonSerializer.Serialize(state, state.GetType(), JsonSerializerOptions.Web), NpgsqlDbType = NpgsqlDbType.Jsonb });
        command.Parameters.Add(new() { Value = row.Hashes });
    }

    private sealed record Row(string Kind, string Id, Guid? Workspace, string? Slug, long Version, string[] Hashes);
}

/// <summary>A member of a workspace and who they are, in a directory that keeps people.</summary>
/// <param name="Email">Null: not known yet, or erased.</param>
public sealed record KnownMember(Guid UserId, Role Role, string? Email, string? Name);
