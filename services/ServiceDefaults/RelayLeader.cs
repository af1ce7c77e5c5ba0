using JasperFx.Events.Daemon;
using Marten;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace TokenSense.ServiceDefaults;

/// <summary>Runs the relay in the one process that holds the store's advisory lock; another takes over when it dies.</summary>
internal sealed class RelayLeader(IDocumentStore store, StoreAddress address, RelayStatus status, ILogger<RelayLeader> log) : BackgroundService
{
    private const long LeaderLock = 7_306_002;
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
        try
        {
            await daemon.StartAllAsync();
            status.Leading = true;
            await using var alive = new NpgsqlCommand("select 1", connection) { CommandTimeout = 5 };
            while (!ct.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (ct.IsCancellationRequested) return;
                await alive.ExecuteScalarAsync(ct);
                if (daemon.CurrentAgents().FirstOrDefault(agent => agent.Status != JasperFx.AgentStatus.Running) is { } stopped)
                    throw new InvalidOperationException($"its subscription is {stopped.Status}: {stopped.Failure}");
            }
        }
        finally
        {
            status.Leading = false;
            await daemon.StopAllAsync();
        }
    }
}
