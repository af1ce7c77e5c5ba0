using System.Collections.Immutable;
using Marten;
using Npgsql;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.People;

/// <summary>What signing in answers, and renewing it.</summary>
/// <param name="RefreshToken">For one use, until the session ends.</param>
/// <param name="RefreshExpiresIn">Seconds until the session ends unless it is used.</param>
public sealed record SignInAnswer(string AccessToken, string TokenType, int ExpiresIn, string RefreshToken, int RefreshExpiresIn);

/// <param name="Current">The one that asks.</param>
public sealed record SessionView(Guid Id, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, string Address, string UserAgent, bool Current);

/// <summary>Who is signed in, and from where: rows that can be erased.</summary>
public sealed class Sessions(NpgsqlDataSource database, IDocumentStore store, Changes changes, AccessTokens tokens, TimeProvider clock)
{
    private const int UserAgentMax = 200;

    // Of one person; what goes beyond these and has no living access token is forgotten, least used first.
    private const int KeptMax = 100;

    /// <returns>Null: they changed meanwhile, and must prove themselves again.</returns>
    public async Task<SignInAnswer?> Open(Person person, HttpContext http, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (id, refresh) = (Guid.CreateVersion7(now), Secret.New(Secret.Refresh));
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var same = Command(transaction, "select 1 from mt_doc_person where id = $1 and data->>'passwordHash' = $2 for share", person.Id, person.PasswordHash))
            if (await same.ExecuteScalarAsync(ct) is null)
                return null;
        await using var open = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                Batched("insert into sessions (id, user_id, created_at, last_used_at, address, user_agent) values ($1, $2, $3, $3, $4, $5)", id, person.Id, now, http.From(), UserAgentOf(http)),
                Batched("insert into refresh_tokens (sha256, session_id, made_at) values ($1, $2, $3)", Secret.Hash(refresh), id, now),
                Batched(
                    """
                    delete from sessions where user_id = $1 and last_used_at < $2
                    and id in (select id from sessions where user_id = $1 order by last_used_at desc offset $3)
                    """, person.Id, now - EndedSessions.Remembered, KeptMax),
            },
        };
        await open.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        return await Answer(person, id, refresh, ct);
    }

    /// <returns>Null: the token is no good. One that was used already has ended its session.</returns>
    public async Task<SignInAnswer?> Renew(string refreshToken, HttpContext http, CancellationToken ct)
    {
        if (!Secret.IsWellFormed(refreshToken, Secret.Refresh)) return null;
        var (sha256, now) = (Secret.Hash(refreshToken), clock.GetUtcNow());
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if (await Find(transaction, sha256, ct) is not { } found) return null;
        switch (RefreshRules.Of(found.CreatedAt, found.LastUsedAt, found.UsedAt, found.Uses, now))
        {
            case RefreshVerdict.Over:
                return null;
            case RefreshVerdict.Replayed:
                await transaction.RollbackAsync(ct);
                await End(found.UserId, [found.SessionId], $"user:{found.UserId}", http.From(), ct);
                return null;
        }
        var refresh = Secret.New(Secret.Refresh);
        await using var renew = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                Batched("update refresh_tokens set used_at = coalesce(used_at, $2), uses = uses + 1 where sha256 = $1", sha256, now),
                Batched("insert into refresh_tokens (sha256, session_id, made_at) values ($1, $2, $3)", Secret.Hash(refresh), found.SessionId, now),
                Batched("update sessions set last_used_at = $2, address = $3, user_agent = $4 where id = $1", found.SessionId, now, http.From(), UserAgentOf(http)),
            },
        };
        await renew.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        await using var people = store.QuerySession();
        return await people.LoadAsync<Person>(found.UserId, ct) is { } person ? await Answer(person, found.SessionId, refresh, ct) : null;
    }

    public async Task<IReadOnlyList<SessionView>> Of(Guid userId, Guid current, Guid after, int countMax, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var select = database.CreateCommand(
            """
            select id, created_at, last_used_at, address, user_agent from sessions
            where user_id = $1 and id > $2 and created_at > $3 and last_used_at > $4 order by id limit $5
            """);
        foreach (var value in new object[] { userId, after, now - RefreshRules.AgeMax, now - RefreshRules.IdleMax, countMax }) select.Parameters.Add(new() { Value = value });
        await using var reader = await select.ExecuteReaderAsync(ct);
        var found = new List<SessionView>();
        while (await reader.ReadAsync(ct))
            found.Add(new(reader.GetGuid(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetString(3), reader.GetString(4), reader.GetGuid(0) == current));
        return found;
    }

    /// <summary>Ends sessions in a change of their own.</summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> End(Guid userId, Guid[] only, string by, string from, CancellationToken ct)
    {
        await using var change = await changes.Begin(by, from, ct);
        var any = await End(change, userId, only, except: null, clock.GetUtcNow(), ct);
        await change.Commit(ct);
        return any;
    }

    /// <summary>Ends sessions together with what ended them. Every service refuses their access tokens as soon as it has heard of it.</summary>
    /// <param name="change">Of the installation.</param>
    /// <param name="userId">Whose.</param>
    /// <param name="only">Null: all.</param>
    /// <param name="except">The one that stays.</param>
    /// <param name="now">The time.</param>
    /// <param name="ct">Stops it.</param>
    /// <returns>Whether there was one.</returns>
    public static async Task<bool> End(Change change, Guid userId, Guid[]? only, Guid? except, DateTimeOffset now, CancellationToken ct)
    {
        var living = ImmutableArray.CreateBuilder<Guid>();
        var any = false;
        await using (var delete = change.Command(
            "delete from sessions where user_id = $1 and ($2 or id = any($3)) and id <> $4 returning id, last_used_at > $5",
            userId, only is null, only ?? [], except ?? Guid.Empty, now - EndedSessions.Remembered))
        await using (var reader = await delete.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct))
            {
                any = true;
                if (reader.GetBoolean(1)) living.Add(reader.GetGuid(0));
            }
        if (living.Count == 0) return any;
        var end = new SessionCommand.End(userId, living.ToImmutable(), now);
        await change.Decide(EndedSessions.Stream(userId), (EndedSessions? ended) => EndedSessions.Decide(end, ended), ct);
        return any;
    }

    private async Task<SignInAnswer> Answer(Person person, Guid sessionId, string refresh, CancellationToken ct) => new(
        await tokens.For(person, sessionId, ct), "Bearer", (int)AccessTokens.Lifetime.TotalSeconds, refresh, (int)RefreshRules.IdleMax.TotalSeconds);

    private static async Task<Shown?> Find(NpgsqlTransaction transaction, string sha256, CancellationToken ct)
    {
        await using var find = Command(transaction,
            """
            select s.id, s.user_id, s.created_at, s.last_used_at, r.used_at, r.uses from refresh_tokens r join sessions s on s.id = r.session_id
            where r.sha256 = $1 for update
            """, sha256);
        await using var reader = await find.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) return null;
        return new(reader.GetGuid(0), reader.GetGuid(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetFieldValue<DateTimeOffset>(3),
            await reader.IsDBNullAsync(4, ct) ? null : reader.GetFieldValue<DateTimeOffset>(4), reader.GetInt32(5));
    }

    private static string UserAgentOf(HttpContext http)
    {
        var text = string.Concat(http.Request.Headers.UserAgent.ToString().Where(c => c is >= ' ' and <= '~'));
        return text.Length <= UserAgentMax ? text : text[..UserAgentMax];
    }

    private static NpgsqlCommand Command(NpgsqlTransaction transaction, string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        return command;
    }

    private static NpgsqlBatchCommand Batched(string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        return command;
    }

    private sealed record Shown(Guid SessionId, Guid UserId, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, DateTimeOffset? UsedAt, int Uses);
}
