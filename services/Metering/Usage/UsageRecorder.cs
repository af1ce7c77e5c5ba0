using Marten;
using JasperFx.Events;
using Npgsql;
using TokenSense.Contracts;
using TokenSense.Metering.Prices;
using TokenSense.Metering.Reports;
using TokenSense.Pricing;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.Metering.Usage;

/// <summary>Claims, prices and records lines of one workspace, and moves its rollups, in one transaction.</summary>
public sealed class UsageRecorder(NpgsqlDataSource database, IDocumentStore store, Calendars calendars, Pricer pricer, KeptAside keptAside, KeyUse use)
{
    public async Task<IReadOnlyList<LineAnswer>> Record(
        Guid workspaceId, Reporter reporter, IReadOnlyList<AttributedLine> lines, DateTimeOffset at, CancellationToken ct)
    {
        var calendar = await calendars.Of(workspaceId, ct) ?? throw new InvalidOperationException($"Workspace {workspaceId} is not known.");
        var answers = new List<LineAnswer>(lines.Count);
        var offered = new Dictionary<Guid, (AttributedLine Line, byte[] Content)>();
        var conflicts = new List<AttributedLine>();
        foreach (var line in lines)
        {
            var name = UsageName.Of(workspaceId, reporter.Name, SourceOf(line, reporter), line.Line.Id);
            var content = line.Line.ContentHash(line.Key.KeyId, line.ProjectId);
            if (offered.TryAdd(name, (line, content))) continue;
            if (!offered[name].Content.AsSpan().SequenceEqual(content)) conflicts.Add(line);
            else answers.Add(Answer(line, LineAnswer.Duplicate));
        }

        var eventId = Guid.CreateVersion7(at);
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var (claimed, pricesVersion) = await Claim(transaction, workspaceId, eventId, offered, ct);
        var book = await pricer.BookOf(workspaceId, pricesVersion, transaction, ct);
        var known = claimed.Count == offered.Count ? [] : await Contents(transaction, [.. offered.Keys.Where(name => !claimed.Contains(name))], ct);
        foreach (var (name, content) in known)
        {
            var (line, mine) = offered[name];
            if (content.AsSpan().SequenceEqual(mine)) answers.Add(Answer(line, LineAnswer.Duplicate));
            else conflicts.Add(line);
        }
        answers.AddRange(conflicts.Select(line => Answer(line, LineAnswer.Conflict, LineCodes.Conflict,
            "This source and id were reported before with other content; the first stands.")));

        await using var session = await store.OpenSession(transaction, workspaceId, reporter.Name, null, ct);
        var metered = offered.Where(o => claimed.Contains(o.Key)).OrderBy(o => o.Value.Line.Index)
            .Select(o => Meter(o.Key, o.Value.Line, reporter, calendar, book)).ToList();
        if (metered.Count > 0)
        {
            session.Events.Append($"usage-{workspaceId}-{at:yyyy-MM-dd}",
                new Event<UsageEvent.UsageRecorded>(new(workspaceId, at, metered)) { Id = eventId });
            await UnpricedModels.Tell(session, transaction, workspaceId, metered, at, ct);
            Rollup.Add(session, workspaceId, metered);
            UsageLines.Add(session, workspaceId, at, metered);
            Periods.Touch(session, workspaceId, metered);
            RememberReporters(session, workspaceId, metered);
        }
        await keptAside.KeepConflicts(session, transaction, workspaceId, reporter, conflicts, at, ct);
        await session.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        foreach (var line in metered) use.Note(line.KeyId, line.Time);
        answers.AddRange(offered.Where(o => claimed.Contains(o.Key)).Select(o => Answer(o.Value.Line, LineAnswer.Accepted)));
        return answers;
    }

    // One round trip: the workspace's lock, then the claims, in the order of their ids, then which prices count.
    private static async Task<(HashSet<Guid> Claimed, long? PricesVersion)> Claim(
        NpgsqlTransaction transaction, Guid workspaceId, Guid eventId, Dictionary<Guid, (AttributedLine, byte[] Content)> offered, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("select pg_advisory_xact_lock($1)") { Parameters = { new() { Value = EventStore.LockOf(workspaceId) } } },
                new NpgsqlBatchCommand(
                    """
                    insert into claims (usage_id, content, event_id)
                    select usage_id, content, $3 from unnest($1, $2) as offered (usage_id, content) order by usage_id
                    on conflict do nothing returning usage_id
                    """)
                {
                    Parameters =
                    {
                        new() { Value = offered.Keys.ToArray() },
                        new() { Value = offered.Values.Select(o => o.Content).ToArray() },
                        new() { Value = eventId },
                    },
                },
                Pricer.VersionOf(workspaceId),
            },
        };
        var claimed = new HashSet<Guid>();
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct)) claimed.Add(reader.GetGuid(0));
        await reader.NextResultAsync(ct);
        return (claimed, await reader.ReadAsync(ct) ? reader.GetInt64(0) : null);
    }

    private static async Task<List<(Guid Name, byte[] Content)>> Contents(NpgsqlTransaction transaction, Guid[] names, CancellationToken ct)
    {
        await using var select = new NpgsqlCommand("select usage_id, content from claims where usage_id = any($1)", transaction.Connection, transaction)
        {
            Parameters = { new() { Value = names } },
        };
        var contents = new List<(Guid, byte[])>();
        await using var reader = await select.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) contents.Add((reader.GetGuid(0), reader.GetFieldValue<byte[]>(1)));
        return contents;
    }

    private static MeteredLine Meter(Guid name, AttributedLine attributed, Reporter reporter, PeriodCalendar calendar, PriceBook book)
    {
        var line = attributed.Line;
        var period = calendar.PeriodOf(line.Time);
        var (cost, price, unpriced) = Pricer.Price(book, line);
        return new MeteredLine(
            name, reporter.Name, SourceOf(attributed, reporter), line.Id, line.Time, period, calendar.DayOf(line.Time),
            attributed.Key.KeyId, attributed.ProjectId, attributed.Key.ProjectId, line.Provider, line.Model, line.ApiFlavor, line.Usage,
            cost, line.CostUsd, price, unpriced, line.Estimated, line.Metadata, line.LatencyMs, line.Status, line.GatewayEpoch);
    }

    private static void RememberReporters(IDocumentSession session, Guid workspaceId, List<MeteredLine> lines)
    {
        foreach (var (source, reporter) in lines.Select(l => (l.Source, l.Reporter)).Distinct().Order())
            session.QueueSqlCommand("insert into reporters (workspace_id, source, reporter) values (?, ?, ?) on conflict do nothing", workspaceId, source, reporter);
    }

    internal static string SourceOf(AttributedLine line, Reporter reporter) => line.Line.Source ?? reporter.DefaultSource;

    private static LineAnswer Answer(AttributedLine line, string status, string? code = null, string? message = null) =>
        new(line.Index, line.Line.Source, line.Line.Id, status, code, message);
}
