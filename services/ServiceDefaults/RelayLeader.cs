using JasperFx.Events.Daemon;
using Marten;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace TokenSense.ServiceDefaults;

/// <summary>Runs the relay in the one process that holds the store's advisory lock; another takes over when it dies.</summary>
internal sealed class RelayLeader(
    IDocumentStore store, StoreAddress address, RelayStatus status, RelaySubscription subscription, TimeProvider clock, ILogger<RelayLeader> log) : BackgroundService
{
    private const long LeaderLock = 7_306_002;
    private static readonly TimeSpan IdleMax = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(10);
    // One for the life of the process: each daemon keeps a LISTEN connection, also after it was disposed.
    private IProjectionDaemon? _daemon;

    protected override async Task ExecuteAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await LeadWhileLocked(ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                log.LogWarning("The relay stopped and starts again: {Reason}", e.Message);
            }
            await Task.Delay(TimeSpan.FromSeconds(1), ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LeadWhileLocked(CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(address.ConnectionString) { Pooling = false, KeepAlive = 2, ApplicationName = "tokensense-relay-leader" }
                .ConnectionString);
        await connection.OpenAsync(ct);
        await using (var take = new NpgsqlCommand($"select pg_try_advisory_lock({LeaderLock})", connection))
            if (await take.ExecuteScalarAsync(ct) is not true)
                return;

        _daemon ??= await store.BuildProjectionDaemonAsync(logger: log);
        var daemon = _daemon;
        using var lead = new CancellationTokenSource();
        subscription.Lead = lead.Token;
        try
        {
            await daemon.StartAllAsync();
            status.Leading = true;
            var (relayedBefore, idleSince) = (-1L, clock.GetUtcNow());
            while (!ct.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (ct.IsCancellationRequested) return;
                // On the lock's own connection: while it answers, the lock is held.
                var (sequence, relayed) = await Position(connection, ct);
                if (daemon.CurrentAgents().FirstOrDefault(agent => agent.Status != JasperFx.AgentStatus.Running) is { } stopped)
                    throw new InvalidOperationException($"its subscription is {stopped.Status}: {stopped.Failure}");
                var now = clock.GetUtcNow();
                if (relayed != relayedBefore || relayed >= sequence) (relayedBefore, status.StillSince, idleSince) = (relayed, null, now);
                else status.StillSince ??= now;
                if (subscription.IsAtWork) idleSince = now;
                // A daemon that says that it runs and does nothing says so nowhere.
                if (now - idleSince > IdleMax)
                    throw new InvalidOperationException($"it did nothing for {IdleMax.TotalSeconds} s, {sequence - relayed} events behind: {await status.Holders(ct)}");
            }
        }
        finally
        {
            (status.Leading, status.StillSince) = (false, null);
            await lead.CancelAsync();
            await Stop(daemon);
        }
    }

    private static async Task<(long Sequence, long Relayed)> Position(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(RelayStatus.PositionSql, connection) { CommandTimeout = 5 };
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    private async Task Stop(IProjectionDaemon daemon)
    {
        try
        {
            await daemon.StopAllAsync().WaitAsync(StopMax);
        }
        catch (TimeoutException)
        {
            log.LogError("The relay's daemon does not stop: another takes its place.");
            _daemon = null;
        }
    }
}
