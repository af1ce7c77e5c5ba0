using System.Text.Json;
using Npgsql;
using TokenSense.ServiceDefaults;

namespace TokenSense.Metering.Usage;

/// <summary>Takes pending lines of gateways again once their key is known here, and its workspace and project.</summary>
/// <remarks>A line is removed after it was recorded: dying in between records nothing twice, because its name is claimed.</remarks>
public sealed class PendingUsage(NpgsqlDataSource database, UsageIntake intake, ServiceDefaults.Access.Directory directory, ILogger<PendingUsage> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Interval);
        while (await timer.WaitForNextTickAsync(ct))
        {
            try
            {
                while (await TakeArrived(ct) == UsageIntake.LinesPerEventMax) { }
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                log.LogWarning(e, "Pending usage waits");
            }
        }
    }

    private async Task<int> TakeArrived(CancellationToken ct)
    {
        var due = new List<(Guid Id, string Reporter, JsonElement Line)>();
        await using (var select = database.CreateCommand(
            $"""
            select k.id, k.reporter, k.line from kept_aside k where k.kind = 'pending' and k.next_try_at <= now()
              and (exists (select from directory_hashes h where h.kind = 'key' and h.sha256 = k.key_ref)
                or exists (select from directory d where d.kind = 'key' and d.id = k.key_ref))
            order by k.next_try_at limit {UsageIntake.LinesPerEventMax}
            """))
        await using (var reader = await select.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct))
                due.Add((reader.GetGuid(0), reader.GetString(1), JsonSerializer.Deserialize<JsonElement>(reader.GetString(2))));

        foreach (var reporter in due.GroupBy(a => a.Reporter))
        {
            var lines = reporter.ToList();
            var name = reporter.Key["gateway:".Length..];
            var credential = await directory.Gateway(name, ct);
            var answers = await intake.Take(Reporter.Gateway(name, credential?.Workspaces), [.. lines.Select(l => l.Line)], remembersRejected: true, ct);
            await using var settle = database.CreateBatch();
            settle.BatchCommands.Add(new NpgsqlBatchCommand("delete from kept_aside where kind = 'pending' and id = any($1)")
            {
                Parameters = { new() { Value = answers.Where(a => a.Status != LineAnswer.Pending).Select(a => lines[a.Index].Id).ToArray() } },
            });
            // One that still waits (for its project, or at a gateway that may not use its key) is asked less and less often, at least hourly.
            settle.BatchCommands.Add(new NpgsqlBatchCommand(
                "update kept_aside set tries = tries + 1, next_try_at = now() + least(power(2, least(tries, 12)), 3600) * interval '1 second' where kind = 'pending' and id = any($1)")
            {
                Parameters = { new() { Value = answers.Where(a => a.Status == LineAnswer.Pending).Select(a => lines[a.Index].Id).ToArray() } },
            });
            await settle.ExecuteNonQueryAsync(ct);
        }
        return due.Count;
    }
}
