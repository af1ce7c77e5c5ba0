using Npgsql;

namespace TokenSense.ServiceDefaults;

/// <summary>Whether this process is the one that relays, and how far.</summary>
public sealed class RelayStatus(NpgsqlDataSource database)
{
    /// <summary>The last event's sequence number, and how far it was told.</summary>
    internal const string PositionSql =
        """
        select (select coalesce(max(seq_id), 0) from mt_events),
               (select coalesce(max(last_seq_id), 0) from mt_event_progression where name like 'relay:%')
        """;

    private volatile bool _leading;
    private long _stillSinceTicks;

    public bool Leading { get => _leading; internal set => _leading = value; }

    /// <summary>Since when events have waited and none was told, where this process relays; null: they move, or another relays.</summary>
    public DateTimeOffset? StillSince
    {
        get => Interlocked.Read(ref _stillSinceTicks) is > 0 and var ticks ? new(ticks, TimeSpan.Zero) : null;
        internal set => Interlocked.Exchange(ref _stillSinceTicks, value?.UtcTicks ?? 0);
    }

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
        batch.BatchCommands.Add(new NpgsqlBatchCommand(PositionSql));
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        var completeTo = reader.GetFieldValue<DateTimeOffset>(0);
        await reader.NextResultAsync(ct);
        await reader.ReadAsync(ct);
        return (completeTo, reader.GetInt64(0), reader.GetInt64(1));
    }

    /// <summary>How far the store is known to be complete, and the oldest open transactions, each of which a relay waits for: for a log.</summary>
    public async Task<string> Holders(CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select coalesce((select string_agg(name || ' at ' || last_seq_id, ', ' order by name) from mt_event_progression), '')
                || coalesce((select string_agg(format('; %s %s for %s s (%s)', application_name, state, extract(epoch from now() - xact_start)::int, wait_event), '')
                    from (select * from pg_stat_activity where datname = current_database() and xact_start < now() - interval '1 second' order by xact_start limit 5) a), '')
            """);
        return (string)(await command.ExecuteScalarAsync(ct))!;
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
