using Npgsql;

namespace TokenSense.Notifier.Deliveries;

/// <summary>Deliveries of one bundle, leased to this process: one message to one receiver.</summary>
public sealed record DueMessage(string Receiver, Guid WorkspaceId, Guid ChannelId, Guid? PersonId, IReadOnlyList<DueDelivery> Deliveries);

/// <param name="Refusals">So far.</param>
public sealed record DueDelivery(Guid Id, Guid AlertId, int Refusals, DateTimeOffset PlannedAt);

/// <summary>What is due, taken by one process at a time. A lease that its process did not live to end runs out.</summary>
/// <remarks>By the database's clock, which is one for all processes: theirs may differ.</remarks>
public sealed class DueMessages(NpgsqlDataSource database)
{
    /// <summary>Longer than any attempt, its recording included.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(40);

    /// <summary>The mail server takes more at once than a single webhook.</summary>
    public const int AtOnceMail = 8, AtOnceOther = 4;

    /// <summary>Of PostgreSQL, held while messages are taken.</summary>
    public const long ClaimLock = 7_306_201;
    private const int LookAheadMax = 2_000;

    /// <param name="countMax">Messages.</param>
    /// <param name="busy">Receivers that have as many under way as they may.</param>
    /// <param name="ct">Stops it.</param>
    public async Task<IReadOnlyList<DueMessage>> Take(int countMax, string[] busy, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        // One at a time, so that a bundle is never split between two processes.
        await using (var claim = new NpgsqlCommand($"select pg_advisory_xact_lock({ClaimLock})", connection, transaction)) await claim.ExecuteNonQueryAsync(ct);
        await using var take = new NpgsqlCommand(
            $"""
            with due as (
                select bundle, receiver, min(next_try_at) as at, row_number() over (partition by receiver order by min(next_try_at), bundle) as place
                from (select bundle, receiver, next_try_at from deliveries
                      where status = 'pending' and next_try_at <= clock_timestamp() and coalesce(leased_until, '-infinity') <= clock_timestamp() and receiver <> all($1)
                      order by next_try_at limit {LookAheadMax}) d
                group by bundle, receiver),
            picked as (
                select bundle from due where place <= case receiver when 'smtp' then {AtOnceMail} else {AtOnceOther} end order by at, bundle limit $2),
            taken as (
                select d.id from deliveries d join picked using (bundle)
                where d.status = 'pending' and coalesce(d.leased_until, '-infinity') <= clock_timestamp() order by d.id for update of d skip locked)
            update deliveries d set leased_until = clock_timestamp() + interval '{(int)Lease.TotalSeconds} seconds' from taken where d.id = taken.id
            returning d.bundle, d.receiver, d.workspace_id, d.channel_id, d.person_id, d.id, d.alert_id, d.refusals, d.planned_at
            """, connection, transaction)
        {
            Parameters = { new() { Value = busy }, new() { Value = countMax } },
        };
        var rows = new List<(string Bundle, DueMessage Head, DueDelivery Delivery)>();
        await using (var reader = await take.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct))
                rows.Add((reader.GetString(0),
                    new DueMessage(reader.GetString(1), reader.GetGuid(2), reader.GetGuid(3), await reader.IsDBNullAsync(4, ct) ? null : reader.GetGuid(4), []),
                    new DueDelivery(reader.GetGuid(5), reader.GetGuid(6), reader.GetInt32(7), reader.GetFieldValue<DateTimeOffset>(8))));
        await transaction.CommitAsync(ct);
        return [.. rows.GroupBy(r => r.Bundle).Select(b => b.First().Head with { Deliveries = [.. b.Select(r => r.Delivery)] })];
    }

    /// <summary>How long until something is due; null: nothing waits for a time.</summary>
    /// <param name="busy">Receivers that get nothing now, whatever is due.</param>
    /// <param name="ct">Stops it.</param>
    public async Task<TimeSpan?> UntilNext(string[] busy, CancellationToken ct)
    {
        await using var next = database.CreateCommand(
            """
            select min(greatest(next_try_at, leased_until)) - clock_timestamp() from deliveries
            where status = 'pending' and next_try_at < 'infinity' and receiver <> all($1)
            """);
        next.Parameters.Add(new() { Value = busy });
        return await next.ExecuteScalarAsync(ct) as TimeSpan?;
    }
}
