using Marten;
using Npgsql;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry;

/// <summary>What a stream folds into.</summary>
public interface IEvolved<TSelf, in TEvent> where TSelf : class, IEvolved<TSelf, TEvent>
{
    static abstract TSelf Evolve(TSelf? state, TEvent happened);
}

/// <summary>A folded state that holds all that its contract tells.</summary>
public interface IFolded<TSelf, in TEvent> : IEvolved<TSelf, TEvent> where TSelf : class, IFolded<TSelf, TEvent>
{
    /// <summary>The contract that tells this state to everyone.</summary>
    object Contract(long version);
}

/// <summary>A state kept as a document too, for lists that show more than its contract tells.</summary>
public interface IListed
{
    Guid Id { get; }
}

/// <summary>Opens changes.</summary>
public sealed class Changes(NpgsqlDataSource database, IDocumentStore store)
{
    private const long InstallationLock = 7_306_101;

    /// <summary>A change inside the caller's workspace.</summary>
    public Task<Change> Begin(Access access, CancellationToken ct) =>
        Begin(EventStore.LockOf(access.Workspace.WorkspaceId), access.Workspace.WorkspaceId, access.Caller.Actor, access.From, ct);

    /// <summary>A change of what the whole installation shares: the names of workspaces and gateways, its first start.</summary>
    public Task<Change> Begin(string by, string from, CancellationToken ct) => Begin(InstallationLock, null, by, from, ct);

    // One writer at a time, so that what was looked up (a free slug, a count) still holds at commit.
    private async Task<Change> Begin(long lockId, Guid? workspaceId, string by, string from, CancellationToken ct)
    {
        var connection = await database.OpenConnectionAsync(ct);
        try
        {
            var transaction = await connection.BeginTransactionAsync(ct);
            await using var take = new NpgsqlCommand("select pg_advisory_xact_lock($1)", connection, transaction);
            take.Parameters.Add(new() { Value = lockId });
            await take.ExecuteNonQueryAsync(ct);
            return new Change(connection, transaction, await store.OpenSession(transaction, workspaceId, by, from, ct),
                tenant => store.OpenSession(transaction, tenant, by, from, ct));
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}

/// <summary>One transaction: streams are folded, decided on and appended to, and the directory shows their new state, or none of it.</summary>
public sealed class Change(
    NpgsqlConnection connection, NpgsqlTransaction transaction, IDocumentSession session, Func<Guid, Task<IDocumentSession>> inWorkspace) : IAsyncDisposable
{
    private readonly List<object> _told = [];
    private readonly List<IDocumentSession> _left = [];

    public NpgsqlTransaction Transaction => transaction;
    public IDocumentSession Session => session;

    /// <summary>What is decided from now on belongs to this workspace, which this very change may make.</summary>
    /// <remarks>For a change of the installation; of several workspaces in the order of their ids, so that two such never wait for each other.</remarks>
    public async Task Enter(Guid workspaceId)
    {
        await using (var take = new NpgsqlCommand("select pg_advisory_xact_lock($1)", connection, transaction) { Parameters = { new() { Value = EventStore.LockOf(workspaceId) } } })
            await take.ExecuteNonQueryAsync();
        _left.Add(session);
        session = await inWorkspace(workspaceId);
    }

    /// <returns>The state after the decision; the same as before where there was nothing to do.</returns>
    public Task<TState> Decide<TState, TEvent>(string stream, Func<TState?, IEnumerable<TEvent>> decide, CancellationToken ct)
        where TState : class, IFolded<TState, TEvent>
        where TEvent : class =>
        Decide(stream, decide, (state, version) => state.Contract(version), ct);

    /// <summary>The same for a stream whose contract tells what no event holds; of one without a contract nobody is told.</summary>
    public async Task<TState> Decide<TState, TEvent>(
        string stream, Func<TState?, IEnumerable<TEvent>> decide, Func<TState, long, object?> contract, CancellationToken ct)
        where TState : class, IEvolved<TState, TEvent>
        where TEvent : class
    {
        var past = await session.Events.FetchStreamAsync(stream, token: ct);
        var state = past.Aggregate((TState?)null, (s, e) => TState.Evolve(s, (TEvent)e.Data));
        var decided = decide(state).ToList();
        state = decided.Aggregate(state, TState.Evolve) ?? throw new InvalidOperationException($"There is no stream {stream}.");
        if (decided.Count == 0) return state;

        var version = past.Count + decided.Count;
        if (past.Count == 0) session.Events.StartStream(stream, decided);
        else session.Events.Append(stream, version, decided);
        if (state is IListed) session.Store(state);
        if (contract(state, version) is { } told) _told.Add(told);
        return state;
    }

    /// <summary>Those of the slugs already given that are this one or continue it, whatever became of their owners.</summary>
    public async Task<IReadOnlySet<string>> SlugsLike(string kind, Guid? workspaceId, string slug, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "select slug from directory where kind = $1 and ($2::uuid is null or workspace_id = $2) and (slug = $3 or starts_with(slug, $3 || '-'))",
            connection, transaction);
        command.Parameters.Add(new() { Value = kind });
        command.Parameters.Add(new() { Value = (object?)workspaceId ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = slug });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new HashSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(ct)) found.Add(reader.GetString(0));
        return found;
    }

    /// <summary>A statement in this change's transaction.</summary>
    public NpgsqlCommand Command(string sql, params ReadOnlySpan<object?> values)
    {
        var command = new NpgsqlCommand(sql, connection, transaction);
        foreach (var value in values) command.Parameters.Add(new() { Value = value ?? DBNull.Value });
        return command;
    }

    public async Task<int> Execute(string sql, object?[] values, CancellationToken ct)
    {
        await using var command = Command(sql, values);
        return await command.ExecuteNonQueryAsync(ct);
    }

    public async Task Commit(CancellationToken ct)
    {
        foreach (var left in _left) await left.SaveChangesAsync(ct);
        await session.SaveChangesAsync(ct);
        foreach (var state in _told) await Directory.Apply(state, transaction, ct);
        await transaction.CommitAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var left in _left) await left.DisposeAsync();
        await session.DisposeAsync();
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }
}
