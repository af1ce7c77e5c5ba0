using MassTransit;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;

namespace TokenSense.Budgets.Enforcement;

/// <summary>Every two seconds, from the process that relays: everything decided by then has been sent. A relay that stands still goes silent, and so does this.</summary>
public sealed class Heartbeat(RelayStatus relay, Epoch epoch, Upstream upstream, IBus bus, ILogger<Heartbeat> log) : BackgroundService
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
                await epoch.Refresh(ct);
                // Asked first: what was counted by then was also decided by then, and is sent once the relay has caught up.
                if (relay.Leading && await upstream.CompleteTo(ct) is { } counted && await relay.CaughtUp(ct) is var (sent, _))
                    await bus.Publish(new BudgetsHeartbeat { Epoch = epoch.Value, CompleteTo = sent < counted ? sent : counted }, ct).WaitAsync(PublishMax, ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested && Faults.IsInfrastructure(e))
            {
                log.LogWarning("No heartbeat: {Reason}", e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(ct));
    }
}
