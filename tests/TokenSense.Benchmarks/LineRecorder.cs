using JasperFx.Events;
using Marten;
using Npgsql;
using TokenSense.Contracts;
using TokenSense.Metering.Prices;
using TokenSense.Metering.Reports;
using TokenSense.Metering.Usage;
using TokenSense.Pricing;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.Benchmarks;

public sealed record LineRecorded(Guid WorkspaceId, DateTimeOffset At, MeteredLine Line);

/// <summary>The road not taken: UsageRecorder with an event per line, whose id is the usage's name. The unique index tells what is known.</summary>
internal sealed class LineRecorder(NpgsqlDataSource database, IDocumentStore store, Calendars calendars)
{
    public async Task<IReadOnlyList<LineAnswer>> Record(
        Guid workspaceId, Reporter reporter, IReadOnlyList<AttributedLine> lines, DateTimeOffset at, CancellationToken ct)
    {
        var calendar = (await calendars.Of(workspaceId, ct))!;
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var take = new NpgsqlCommand("select pg_advisory_xact_lock($1)", connection, transaction) { Parameters = { new() { Value = EventStore.LockOf(workspaceId) } } })
            await take.ExecuteNonQueryAsync(ct);
        await using var session = await store.OpenSession(transaction, workspaceId, reporter.Name, null, ct);
        var metered = lines.Select(line => Meter(workspaceId, line, reporter, calendar)).ToList();
        session.Events.Append($"usage-{workspaceId}-{at:yyyy-MM-dd}",
            metered.Select(line => (object)new Event<LineRecorded>(new(workspaceId, at, line)) { Id = line.UsageId }));
        Rollup.Add(session, workspaceId, metered);
        session.QueueSqlCommand("insert into reporters (workspace_id, source, reporter) values (?, ?, ?) on conflict do nothing",
            workspaceId, reporter.DefaultSource, reporter.Name);
        await session.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return [.. lines.Select(line => new LineAnswer(line.Index, line.Line.Source, line.Line.Id, LineAnswer.Accepted))];
    }

    /// <summary>What a retry must do first, because the violation names one line at most.</summary>
    public async Task<IReadOnlyList<AttributedLine>> Unknown(Guid workspaceId, Reporter reporter, IReadOnlyList<AttributedLine> lines)
    {
        var names = lines.ToDictionary(line => NameOf(workspaceId, line, reporter));
        await using var select = database.CreateCommand("select id from mt_events where id = any($1)");
        select.Parameters.Add(new() { Value = names.Keys.ToArray() });
        await using var reader = await select.ExecuteReaderAsync();
        while (await reader.ReadAsync()) names.Remove(reader.GetGuid(0));
        return [.. names.Values];
    }

    private MeteredLine Meter(Guid workspaceId, AttributedLine attributed, Reporter reporter, PeriodCalendar calendar)
    {
        var line = attributed.Line;
        var period = calendar.PeriodOf(line.Time);
        var (cost, price, unpriced) = Pricer.Price(PriceBook.Default, line);
        return new MeteredLine(
            NameOf(workspaceId, attributed, reporter), reporter.Name, line.Source ?? reporter.DefaultSource, line.Id, line.Time, period,
            DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(line.Time, calendar.ZoneOf(period)).DateTime),
            attributed.Key.KeyId, attributed.ProjectId, attributed.Key.ProjectId, line.Provider, line.Model, line.ApiFlavor, line.Usage,
            cost, line.CostUsd, price, unpriced, line.Estimated, line.Metadata, line.LatencyMs, line.Status);
    }

    private static Guid NameOf(Guid workspaceId, AttributedLine line, Reporter reporter) =>
        UsageName.Of(workspaceId, reporter.Name, line.Line.Source ?? reporter.DefaultSource, line.Line.Id);
}
