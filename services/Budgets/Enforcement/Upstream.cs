using MassTransit;
using Npgsql;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;

namespace TokenSense.Budgets.Enforcement;

/// <summary>How far the usage that Metering recorded has been counted here.</summary>
public sealed class Upstream(NpgsqlDataSource database)
{
    public async Task Hear(MeteringHeartbeat heartbeat, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            insert into upstream as u (recorded_to, last_message_id) values ($1, $2)
            on conflict (only_row) do update set recorded_to = excluded.recorded_to, last_message_id = excluded.last_message_id
                where u.recorded_to < excluded.recorded_to
            """);
        command.Parameters.Add(new() { Value = heartbeat.RecordedTo });
        command.Parameters.Add(new() { Value = (object?)heartbeat.LastMessageId ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid });
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <returns>All usage recorded by then is counted; null: Metering was never heard of.</returns>
    public async Task<DateTimeOffset?> CompleteTo(CancellationToken ct)
    {
        // A message that is being tried again here may be an earlier one than the last.
        await using var command = database.CreateCommand(
            """
            with counted as (
                update upstream set complete_to = recorded_to
                where not $1 and complete_to is distinct from recorded_to
                  and (last_message_id is null or exists (select from claimed_messages where message_id = last_message_id))
                returning complete_to)
            select complete_to from counted union all select complete_to from upstream where not exists (select from counted)
            """);
        command.Parameters.Add(new() { Value = Standstill.Any });
        return await command.ExecuteScalarAsync(ct) is DateTime completeTo ? new DateTimeOffset(completeTo, TimeSpan.Zero) : null;
    }
}

/// <summary>Hears Metering's heartbeat in the queue that brings its usage.</summary>
public sealed class MeteringHeartbeatConsumer(Upstream upstream) : IConsumer<MeteringHeartbeat>
{
    public Task Consume(ConsumeContext<MeteringHeartbeat> context) => context.WithoutLoss(ct => upstream.Hear(context.Message, ct));
}
