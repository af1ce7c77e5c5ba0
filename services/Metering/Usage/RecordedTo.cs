using MassTransit;
using Npgsql;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;

namespace TokenSense.Metering.Usage;

/// <summary>Every two seconds, from the process that relays: all usage recorded by then has been sent. So Budgets can tell quiet from silent.</summary>
public sealed class RecordedTo(RelayStatus relay, NpgsqlDataSource database, IBus bus, ILogger<RecordedTo> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PublishMax = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Interval);
        do
        {
            try
            {
                if (relay.Leading && await relay.CaughtUp(ct) is var (completeTo, sequence))
                    await bus.Publish(new MeteringHeartbeat { RecordedTo = completeTo, LastMessageId = await LastMessage(sequence, ct) }, ct).WaitAsync(PublishMax, ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested && Faults.IsInfrastructure(e))
            {
                log.LogWarning("No heartbeat: {Reason}", e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(ct));
    }

    private async Task<Guid?> LastMessage(long sequence, CancellationToken ct)
    {
        await using var select = database.CreateCommand("select id from mt_events where seq_id <= $1 and type = 'usage-recorded' order by seq_id desc limit 1");
        select.Parameters.Add(new() { Value = sequence });
        return (Guid?)await select.ExecuteScalarAsync(ct);
    }
}
