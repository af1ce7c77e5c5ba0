using System.Collections.Concurrent;
using Npgsql;
using TokenSense.ServiceDefaults;

namespace TokenSense.Notifier.Alerts;

/// <summary>Wakes whoever waits for changed alerts in this process, whichever process changed them: PostgreSQL tells after each commit.</summary>
public sealed class AlertChanges(StoreAddress address, ILogger<AlertChanges> log) : BackgroundService
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<Waiter, Guid?> _waiters = [];

    /// <param name="workspaceId">Null: any.</param>
    public Waiter Watch(Guid? workspaceId)
    {
        var waiter = new Waiter(this);
        _waiters[waiter] = workspaceId;
        return waiter;
    }

    protected override async Task ExecuteAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await Listen(ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                log.LogWarning("Changes are not heard of for the moment: {Reason}", e.Message);
            }
            await Task.Delay(Again, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Listen(CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(address.ConnectionString) { Pooling = false, KeepAlive = 5, ApplicationName = "tokensense-alert-changes" }.ConnectionString);
        connection.Notification += (_, e) => Wake(Guid.TryParse(e.Payload, out var workspaceId) ? workspaceId : null);
        await connection.OpenAsync(ct);
        await using (var listen = new NpgsqlCommand($"listen {AlertLedger.Changed}", connection)) await listen.ExecuteNonQueryAsync(ct);
        // What was told before this connection heard it.
        Wake(null);
        while (true) await connection.WaitAsync(ct);
    }

    private void Wake(Guid? workspaceId)
    {
        foreach (var (waiter, watched) in _waiters)
            if (workspaceId is null || watched is null || watched == workspaceId) waiter.Wake();
    }

    /// <summary>Remembers one wake-up that nobody waited for.</summary>
    public sealed class Waiter(AlertChanges changes) : IDisposable
    {
        private readonly SemaphoreSlim _woken = new(0, 1);
        private readonly Lock _gate = new();

        /// <returns>Whether something changed in that time.</returns>
        public Task<bool> Wait(TimeSpan atMost, CancellationToken ct) => _woken.WaitAsync(atMost, ct);

        internal void Wake()
        {
            lock (_gate)
                if (_woken.CurrentCount == 0) _woken.Release();
        }

        public void Dispose() => changes._waiters.TryRemove(this, out _);
    }
}
