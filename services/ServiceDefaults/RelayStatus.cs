using Npgsql;

namespace TokenSense.ServiceDefaults;

/// <summary>Whether this process is the one that relays, and how far.</summary>
public sealed class RelayStatus(NpgsqlDataSource database)
{
    private volatile bool _leading;

    public bool Leading { get => _leading; internal set => _leading = value; }

    /// <summary>A moment before which everything committed has been appended up to the returned sequence number.</summary>
    public async Task<(DateTimeOffset CompleteTo, long Sequence, long Relayed)> Position(CancellationToken ct)
    {
        // A transaction still open may yet append what it decided before now: complete only up to the oldest one's start. Asked
        // before the sequence, in a statement of its own, so that nothing committed in between is missing from it.
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            select least(clock_timestamp(), min(xact_start)) from pg_stat_activity
            where datname = current_database() and backend_xid is not null and pid <> pg_backend_pid()
            """));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            select (select coalesce(max(seq_id), 0) from mt_events),
                   (select coalesce(max(last_seq_id), 0) from mt_event_progression where name like 'relay:%')
            """));
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        var completeTo = reader.GetFieldValue<DateTimeOffset>(0);
        await reader.NextResultAsync(ct);
        await reader.ReadAsync(ct);
        return (completeTo, reader.GetInt64(0), reader.GetInt64(1));
    }
}

/// <summary>Waits until everything committed so far has been sent.</summary>
public static class Completeness
{
    private static readonly TimeSpan CatchUpMax = TimeSpan.FromSeconds(10);

    /// <returns>The moment up to which it is, and the last event's sequence number; null where the relay does not catch up.</returns>
    public static async Task<(DateTimeOffset CompleteTo, long Sequence)?> CaughtUp(this RelayStatus relay, CancellationToken ct)
    {
        var (completeTo, sequence, relayed) = await relay.Position(ct);
        var deadline = Environment.TickCount64 + (long)CatchUpMax.TotalMilliseconds;
        while (relayed < sequence && Environment.TickCount64 < deadline)
        {
            await Task.Delay(20, ct);
            (_, _, relayed) = await relay.Position(ct);
        }
        return relayed >= sequence ? (completeTo, sequence) : null;
    }
}
