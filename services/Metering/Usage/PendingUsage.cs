using System.Text.Json;
using Npgsql;
using TokenSense.ServiceDefaults;

namespace TokenSense.Metering.Usage;

/// <summary>Takes pending lines again once their key is known here.</summary>
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
        var arrived = new List<(Guid Id, string Reporter, JsonElement Line)>();
        await using (var select = database.CreateCommand(
            $"""
            select k.id, k.reporter, k.line from kept_aside k where k.kind = 'pending'
              and (exists (select from directory_hashes h where h.kind = 'key' and h.sha256 = k.key_ref)
                or exists (select from directory d where d.kind = 'key' and d.id = k.key_ref))
            order by k.at limit {UsageIntake.LinesPerEventMax}
            """))
        await using (var reader = await select.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct))
                arrived.Add((reader.GetGuid(0), reader.GetString(1), JsonSerializer.Deserialize<JsonElement>(reader.GetString(2))));

        foreach (var reporter in arrived.GroupBy(a => a.Reporter))
        {
            var lines = reporter.ToList();
            var name = reporter.Key["gateway:".Length..];
            var limits = (await directory.All<Contracts.CredentialChanged>("credential", null, ct)).FirstOrDefault(c => c.Kind == "gateway" && c.Name == name);
            var answers = await intake.Take(Reporter.Gateway(name, limits?.Workspaces), [.. lines.Select(l => l.Line)], remembersRejected: true, ct);
            await using var delete = database.CreateCommand("delete from kept_aside where kind = 'pending' and id = any($1)");
            delete.Parameters.Add(new() { Value = answers.Where(a => a.Status != LineAnswer.Pending).Select(a => lines[a.Index].Id).ToArray() });
            if (await delete.ExecuteNonQueryAsync(ct) == 0) return 0;
        }
        return arrived.Count;
    }
}
