using System.Data;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Npgsql;

namespace TokenSense.Tools.Audit;

/// <param name="At">When the database stored it.</param>
/// <param name="Data">The stored JSON: its numbers are read as decimals, never through a binary float.</param>
public sealed record StoredEvent(long Sequence, Guid Id, string Stream, string Type, DateTimeOffset At, JsonElement Data);

/// <summary>One service's database as it stood at one moment, read only.</summary>
public sealed class EventDatabase : IAsyncDisposable
{
    private const int PageEvents = 100;

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private EventDatabase(NpgsqlConnection connection, NpgsqlTransaction transaction) => (_connection, _transaction) = (connection, transaction);

    /// <summary>The moment, by the database's clock.</summary>
    public DateTimeOffset At { get; private set; }

    public static async Task<EventDatabase> Open(string service, CancellationToken ct)
    {
        var settings = Settings.Database(service);
        try
        {
            var connection = new NpgsqlConnection(settings.ConnectionString);
            await connection.OpenAsync(ct);
            var database = new EventDatabase(connection, await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct));
            await database.Run("set transaction read only", ct);
            // The first statement that reads fixes what all others see.
            database.At = await database.One<DateTimeOffset>("select clock_timestamp() from (select count(*) from pg_class) as anything", ct);
            return database;
        }
        catch (NpgsqlException e)
        {
            throw new CannotRunException($"The database {settings.Database} at {settings.Host}:{settings.Port} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>All events of the streams chosen, in the order of their sequence, a page at a time.</summary>
    /// <param name="where">A condition on mt_events, with parameters from $2 on.</param>
    public async IAsyncEnumerable<IReadOnlyList<StoredEvent>> Pages(string where, object[] values, [EnumeratorCancellation] CancellationToken ct)
    {
        var after = 0L;
        while (true)
        {
            var page = new List<StoredEvent>();
            await foreach (var row in Read(
                $"select seq_id, id, stream_id, type, timestamp, data from mt_events where seq_id > $1 and ({where}) order by seq_id limit {PageEvents}",
                [after, .. values], ct))
                page.Add(new(row.GetInt64(0), row.GetGuid(1), row.GetString(2), row.GetString(3), row.GetFieldValue<DateTimeOffset>(4),
                    JsonSerializer.Deserialize<JsonElement>(row.GetFieldValue<byte[]>(5))));
            if (page.Count == 0) yield break;
            yield return page;
            after = page[^1].Sequence;
        }
    }

    public async IAsyncEnumerable<NpgsqlDataReader> Read(string sql, object[] values, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var command = Command(sql, values);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) yield return reader;
    }

    public async Task<T> One<T>(string sql, CancellationToken ct)
    {
        await foreach (var row in Read(sql, [], ct)) return row.GetFieldValue<T>(0);
        return default!;
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private async Task Run(string sql, CancellationToken ct)
    {
        await using var command = Command(sql, []);
        await command.ExecuteNonQueryAsync(ct);
    }

    private NpgsqlCommand Command(string sql, object[] values)
    {
        var command = new NpgsqlCommand(sql, _connection, _transaction);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        return command;
    }
}
