using Npgsql;

namespace TokenSense.Budgets.Enforcement;

/// <summary>Tells this history of the store from an older one restored over it: a new epoch makes gateways take its versions anew.</summary>
/// <remarks>
/// A restore shows as another database (its oid) or another timeline of the server, which every recovery to a point in time and every
/// fail-over begins. A crash recovery is neither.
/// </remarks>
public sealed class Epoch(NpgsqlDataSource database, TimeProvider clock)
{
    private long _value;

    public long Value => Volatile.Read(ref _value);

    public async Task Refresh(CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            with now as (
                select (select oid from pg_database where datname = current_database()) || ':' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) as fingerprint),
            changed as (
                insert into epoch as e (value, fingerprint) select $1, fingerprint from now
                on conflict (only_row) do update set value = greatest(e.value + 1, excluded.value), fingerprint = excluded.fingerprint
                    where e.fingerprint <> excluded.fingerprint
                returning value)
            select value from changed union all select value from epoch where not exists (select from changed)
            """);
        command.Parameters.Add(new() { Value = clock.GetUtcNow().ToUnixTimeMilliseconds() });
        Volatile.Write(ref _value, (long)(await command.ExecuteScalarAsync(ct))!);
    }
}
