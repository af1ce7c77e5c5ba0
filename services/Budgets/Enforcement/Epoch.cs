using Npgsql;

namespace TokenSense.Budgets.Enforcement;

/// <summary>Tells this history of the store from an older one restored over it: a new epoch makes gateways take its versions anew.</summary>
/// <remarks>
/// A restore shows as another database (its oid) or another timeline of the server, which every recovery to a point in time and every
/// fail-over begins. A crash recovery is neither.
/// </remarks>
public sealed class Epoch(NpgsqlDataSource database, TimeProvider clock)
{
    private const string Fingerprint =
        "select (select oid from pg_database where datname = current_database()) || ':' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)";

    private long _value;

    public long Value => Volatile.Read(ref _value);

    public async Task Refresh(CancellationToken ct)
    {
        // Asked before it is written: a write takes a commit, and this is asked with every page of the relay.
        await using (var ask = database.CreateCommand(
            $"select value from epoch where fingerprint = ({Fingerprint})"))
            if (await ask.ExecuteScalarAsync(ct) is long known)
            {
                Volatile.Write(ref _value, known);
                return;
            }
        await using var command = database.CreateCommand(
            $"""
            insert into epoch as e (value, fingerprint) values ($1, ({Fingerprint}))
            on conflict (only_row) do update set
                value = case when e.fingerprint = excluded.fingerprint then e.value else greatest(e.value + 1, excluded.value) end,
                fingerprint = excluded.fingerprint
            returning value
            """);
        command.Parameters.Add(new() { Value = clock.GetUtcNow().ToUnixTimeMilliseconds() });
        Volatile.Write(ref _value, (long)(await command.ExecuteScalarAsync(ct))!);
    }
}
