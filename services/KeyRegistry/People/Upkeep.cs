using Npgsql;

namespace TokenSense.KeyRegistry.People;

/// <summary>Every hour: sessions, links and addresses that are over are forgotten.</summary>
public sealed class Upkeep(NpgsqlDataSource database, TimeProvider clock, ILogger<Upkeep> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                await Forget(clock.GetUtcNow(), ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                log.LogWarning("Upkeep waits: {Reason}", e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(ct));
    }

    private async Task Forget(DateTimeOffset now, CancellationToken ct)
    {
        await using var forget = database.CreateBatch();
        Add("delete from sessions where created_at <= $1", now - RefreshRules.AgeMax);
        Add("delete from sessions where last_used_at <= $1", now - RefreshRules.IdleMax);
        // What was used long ago is refused as unknown; only lately it still ends its session.
        Add("delete from refresh_tokens where used_at <= $1", now - RefreshRules.IdleMax);
        Add("delete from password_resets where expires_at <= $1", now);
        Add("delete from invitations where expires_at <= $1", now);
        await forget.ExecuteNonQueryAsync(ct);

        void Add(string sql, DateTimeOffset until) => forget.BatchCommands.Add(new NpgsqlBatchCommand(sql) { Parameters = { new() { Value = until } } });
    }
}
