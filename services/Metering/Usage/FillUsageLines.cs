using Marten;
using Npgsql;

namespace TokenSense.Metering.Usage;

/// <summary>Writes the lines of events that an earlier release recorded, a page at a time, from where it last stood. Safe to repeat.</summary>
/// <remarks>For a while after the start it looks again, because a process of the earlier release may still record until it is replaced.</remarks>
public sealed class FillUsageLines(NpgsqlDataSource database, IDocumentStore store, ILogger<FillUsageLines> log) : BackgroundService
{
    private const int EventsPerPage = 20;
    private const int RoundsMax = 15;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Interval);
        for (var round = 0; round < RoundsMax; round++)
        {
            try
            {
                while (await FillPage(ct) == EventsPerPage) { }
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                log.LogWarning(e, "The lines of earlier releases wait to be listed");
            }
            if (!await timer.WaitForNextTickAsync(ct)) return;
        }
    }

    private async Task<int> FillPage(CancellationToken ct)
    {
        var page = new List<(long Sequence, UsageEvent.UsageRecorded Recorded)>();
        // One that is a minute old has no older one behind it whose transaction is still open.
        await using (var select = database.CreateCommand(
            $"""
            select e.seq_id, e.data from mt_events e, usage_lines_filled f
            where e.seq_id > f.sequence and e.type = 'usage-recorded' and e.timestamp < now() - interval '1 minute' order by e.seq_id limit {EventsPerPage}
            """))
        await using (var reader = await select.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct))
                page.Add((reader.GetInt64(0), store.Options.Serializer().FromJson<UsageEvent.UsageRecorded>(reader, 1)));
        if (page.Count == 0) return 0;
        await using var session = store.LightweightSession();
        foreach (var (_, recorded) in page) UsageLines.Add(session, recorded.WorkspaceId, recorded.At, recorded.Lines);
        session.QueueSqlCommand("update usage_lines_filled set sequence = greatest(sequence, ?)", page[^1].Sequence);
        await session.SaveChangesAsync(ct);
        return page.Count;
    }
}
