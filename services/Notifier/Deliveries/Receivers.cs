using Npgsql;

namespace TokenSense.Notifier.Deliveries;

/// <summary>A circuit per receiver: while it is away one message at a time looks for it, all others wait, and they leave together once one got through.</summary>
/// <remarks>
/// While a receiver is away one of its pending messages has a time, always. Its row is locked before any delivery's, by everyone. What waits for a receiver has no time of its own (infinity), so that the
/// search for what is due never reads past it, however much it is.
/// </remarks>
internal static class Receivers
{
    /// <summary>What was known of it no longer counts, because it leads elsewhere now: all that waits goes at once, also what has a time.</summary>
    public static async Task LeadsElsewhere(NpgsqlTransaction transaction, string receiver, DateTimeOffset now, CancellationToken ct)
    {
        await using var forget = new NpgsqlCommand(
            "update receivers set failing_since = null, failures = 0, failed_at = null, told = false where receiver = $1", transaction.Connection, transaction)
        {
            Parameters = { new() { Value = receiver } },
        };
        await forget.ExecuteNonQueryAsync(ct);
        await using var release = new NpgsqlCommand(
            "update deliveries set next_try_at = $2 where receiver = $1 and status = 'pending' and next_try_at > $2", transaction.Connection, transaction)
        {
            Parameters = { new() { Value = receiver }, new() { Value = now } },
        };
        await release.ExecuteNonQueryAsync(ct);
    }

    /// <summary>It answered.</summary>
    /// <returns>Whether it had been away.</returns>
    public static async Task<bool> IsBack(NpgsqlTransaction transaction, string receiver, DateTimeOffset now, CancellationToken ct)
    {
        await using var back = new NpgsqlCommand(
            "update receivers set failing_since = null, failures = 0, failed_at = null, told = false where receiver = $1 and failing_since is not null",
            transaction.Connection, transaction)
        {
            Parameters = { new() { Value = receiver } },
        };
        if (await back.ExecuteNonQueryAsync(ct) == 0) return false;
        await using var release = new NpgsqlCommand(
            "update deliveries set next_try_at = $2 where receiver = $1 and status = 'pending' and next_try_at = 'infinity'", transaction.Connection, transaction)
        {
            Parameters = { new() { Value = receiver }, new() { Value = now } },
        };
        await release.ExecuteNonQueryAsync(ct);
        return true;
    }

    /// <param name="transaction">Of the recording.</param>
    /// <param name="receiver">Whose.</param>
    /// <param name="startedAt">When the attempt began: several that were under way together are one failure.</param>
    /// <param name="now">When it ended.</param>
    /// <param name="ct">Stops it.</param>
    /// <returns>Since when it is away, how often in a row it was, and whether that was told.</returns>
    public static async Task<(DateTimeOffset Since, int Failures, bool Told)> IsAway(
        NpgsqlTransaction transaction, string receiver, DateTimeOffset startedAt, DateTimeOffset now, CancellationToken ct)
    {
        await using var away = new NpgsqlCommand(
            """
            update receivers set failing_since = coalesce(failing_since, $3), failed_at = $3,
                failures = failures + case when failed_at is null or $2 >= failed_at then 1 else 0 end
            where receiver = $1 returning failing_since, failures, told
            """, transaction.Connection, transaction)
        {
            Parameters = { new() { Value = receiver }, new() { Value = startedAt }, new() { Value = now } },
        };
        await using var reader = await away.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return (reader.GetFieldValue<DateTimeOffset>(0), reader.GetInt32(1), reader.GetBoolean(2));
    }

    /// <summary>All that is for it waits without a time, but for one message that looks for it then.</summary>
    public static async Task Park(NpgsqlTransaction transaction, string receiver, DateTimeOffset probeAt, CancellationToken ct)
    {
        await using var park = new NpgsqlCommand(
            "update deliveries set next_try_at = 'infinity' where receiver = $1 and status = 'pending' and next_try_at < 'infinity'", transaction.Connection, transaction)
        {
            Parameters = { new() { Value = receiver } },
        };
        await park.ExecuteNonQueryAsync(ct);
        await Probe(transaction, receiver, probeAt, ct);
    }

    /// <summary>Where a receiver is away and nothing looks for it (what did was given up, or led nowhere), the next one does.</summary>
    public static async Task Probe(NpgsqlTransaction transaction, string receiver, DateTimeOffset at, CancellationToken ct)
    {
        // Those that were tried least look first, so that one message which breaks its receiver does not stand before all others for ever.
        await using var probe = new NpgsqlCommand(
            """
            update deliveries set next_try_at = $2 where status = 'pending' and bundle = (
                select bundle from deliveries where receiver = $1 and status = 'pending' order by attempts, planned_at, id limit 1)
            and exists (select from receivers where receiver = $1 and failing_since is not null)
            and not exists (select from deliveries where receiver = $1 and status = 'pending' and next_try_at < 'infinity')
            """, transaction.Connection, transaction)
        {
            Parameters = { new() { Value = receiver }, new() { Value = at } },
        };
        await probe.ExecuteNonQueryAsync(ct);
    }

    public static async Task<bool> MarkTold(NpgsqlTransaction transaction, string receiver, CancellationToken ct)
    {
        await using var mark = new NpgsqlCommand("update receivers set told = true where receiver = $1 and failing_since is not null and not told", transaction.Connection, transaction)
        {
            Parameters = { new() { Value = receiver } },
        };
        return await mark.ExecuteNonQueryAsync(ct) == 1;
    }
}
