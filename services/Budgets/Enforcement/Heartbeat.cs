using MassTransit;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;

namespace TokenSense.Budgets.Enforcement;

/// <summary>Every two seconds, from the process that relays: everything decided by then has been sent. A relay that stands still goes silent.</summary>
public sealed class Heartbeat(RelayStatus relay, Epoch epoch, IBus bus, ILogger<Heartbeat> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CatchUpMax = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Interval);
        do
        {
            try
            {
                await epoch.Refresh(ct);
                if (relay.Leading && await CompleteTo(ct) is { } completeTo)
                    await bus.Publish(new BudgetsHeartbeat { Epoch = epoch.Value, CompleteTo = completeTo }, ct).WaitAsync(CatchUpMax, ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested && Faults.IsInfrastructure(e))
            {
                log.LogWarning("No heartbeat: {Reason}", e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(ct));
    }

    private async Task<DateTimeOffset?> CompleteTo(CancellationToken ct)
    {
        var (completeTo, sequence, relayed) = await relay.Position(ct);
        var deadline = Environment.TickCount64 + (long)CatchUpMax.TotalMilliseconds;
        while (relayed < sequence && Environment.TickCount64 < deadline)
        {
            await Task.Delay(20, ct);
            (_, _, relayed) = await relay.Position(ct);
        }
        return relayed >= sequence ? completeTo : null;
    }
}
