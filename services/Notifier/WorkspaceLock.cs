using Marten;
using Npgsql;
using TokenSense.ServiceDefaults;

namespace TokenSense.Notifier;

/// <summary>One transaction under a workspace's lock, with a session that writes into it. Whoever took it commits; else nothing happened.</summary>
public sealed class WorkspaceLock : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;

    private WorkspaceLock(NpgsqlConnection connection, NpgsqlTransaction transaction, IDocumentSession session) =>
        (_connection, Transaction, Session) = (connection, transaction, session);

    public NpgsqlTransaction Transaction { get; }
    public IDocumentSession Session { get; }

    /// <param name="database">The service's.</param>
    /// <param name="store">Its event store.</param>
    /// <param name="workspaceId">Whose lock.</param>
    /// <param name="by">Who causes it; stands in each event.</param>
    /// <param name="from">From which address; null: not over the network.</param>
    /// <param name="ct">Stops the waiting.</param>
    public static async Task<WorkspaceLock> Take(
        NpgsqlDataSource database, IDocumentStore store, Guid workspaceId, string by, string? from, CancellationToken ct)
    {
        var connection = await database.OpenConnectionAsync(ct);
        try
        {
            var transaction = await connection.BeginTransactionAsync(ct);
            await using var enter = new NpgsqlCommand("select pg_advisory_xact_lock($1)", connection, transaction);
            enter.Parameters.Add(new() { Value = EventStore.LockOf(workspaceId) });
            await enter.ExecuteNonQueryAsync(ct);
            return new WorkspaceLock(connection, transaction, await store.OpenSession(transaction, workspaceId, by, from, ct));
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        await Transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
