using System.Diagnostics;
using Marten.Exceptions;
using TokenSense.Contracts;
using TokenSense.Metering;
using TokenSense.Metering.Prices;
using TokenSense.Metering.Usage;
using TokenSense.Pricing;
using TokenSense.ServiceDefaults.Access;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Benchmarks;

/// <summary>Metering's recorder as built, an event per batch and names claimed in a table, against an event per line whose id is its name.</summary>
internal static class UsageStore
{
    public const string Name = "usage-store";
    private const int Repeats = 15;
    private static readonly Guid[] Workspaces = [.. Enumerable.Range(0, Load.Writers).Select(_ => Guid.CreateVersion7())];
    private static readonly Reporter Gateway = Reporter.Gateway("bench");

    public static async Task<Finding> Run()
    {
        await using var built = await BenchStore.Create("usage_batches", [Directory.Tables, Tables.Script, Tables.Reports, Tables.ProjectDays],
            store => store.Events.MapEventType<UsageEvent.UsageRecorded>("usage-recorded"),
            stored => ((UsageEvent.UsageRecorded)stored.Data).Lines[^1].UsageId);
        await using var perLine = await BenchStore.Create("usage_lines", [Directory.Tables, Tables.Script, Tables.Reports, Tables.ProjectDays],
            store => store.Events.MapEventType<LineRecorded>("line-recorded"), stored => stored.Id);
        var directory = new Directory(built.Database);
        foreach (var workspace in Workspaces)
            await directory.Apply(new WorkspaceChanged
            {
                WorkspaceId = workspace, Slug = $"{workspace}", Name = "bench", TimeZones = [new(null, "Europe/Berlin")], CreatedAt = DateTimeOffset.UtcNow, Version = 1,
            }, default);
        var calendars = new Calendars(directory, TimeProvider.System);
        var recorder = new UsageRecorder(built.Database, built.Store, calendars, new Pricer(new OwnBooks(PriceBook.Default)), new KeptAside(built.Database, built.Store), new KeyUse(TimeProvider.System));
        var liner = new LineRecorder(perLine.Database, perLine.Store, calendars);

        var rows = new List<Row>();
        var (value, baseline) = (0.0, 0.0);
        foreach (var lines in new[] { 1, 50, UsageIntake.LinesPerEventMax })
        {
            var (one, other) = await Load.Compare((built, writer => Batch(writer, lines, recorder.Record)), (perLine, writer => Batch(writer, lines, liner.Record)));
            rows.AddRange(Sample.Compare($"{lines} lines a batch", one, other, lines, "line"));
            (value, baseline) = (one.Relayed * lines, other.Relayed * lines);
        }
        rows.AddRange(await HalfRepeated(built, perLine, recorder, liner));
        return new Finding(Name, value, baseline, "lines/s committed and relayed, 500 a batch", RatioMin: 1, rows);
    }

    /// <summary>500 lines of which 250 are known: the claim skips them; without one the transaction fails, and the rest is found and written again.</summary>
    private static async Task<IEnumerable<Row>> HalfRepeated(BenchStore built, BenchStore perLine, UsageRecorder recorder, LineRecorder liner)
    {
        var (claims, failures, retries, gaps) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < Repeats; i++)
        {
            var known = Lines(Workspaces[0], 250);
            var mixed = Lines(Workspaces[0], 250).Concat(known).Select((line, index) => line with { Index = index }).ToList();
            await recorder.Record(Workspaces[0], Gateway, known, DateTimeOffset.UtcNow, default);
            await liner.Record(Workspaces[0], Gateway, known, DateTimeOffset.UtcNow, default);

            var clock = Stopwatch.StartNew();
            var answers = await recorder.Record(Workspaces[0], Gateway, mixed, DateTimeOffset.UtcNow, default);
            claims.Add(clock.Elapsed.TotalMilliseconds);
            if (answers.Count(a => a.Status == LineAnswer.Accepted) != 250) throw new InvalidOperationException("The claim took other lines than the new ones.");

            var sequence = await perLine.Query("select last_value from mt_events_sequence");
            clock.Restart();
            try
            {
                await liner.Record(Workspaces[0], Gateway, mixed, DateTimeOffset.UtcNow, default);
                throw new InvalidOperationException("A repeated name was stored twice.");
            }
            catch (MartenCommandException e) when (e.InnerException is Npgsql.PostgresException { SqlState: "23505" } violation)
            {
                failures.Add(clock.Elapsed.TotalMilliseconds);
                if (i == 0) Console.WriteLine($"An event per line, half of them known: {e.GetType().Name} over {violation.SqlState} on {violation.ConstraintName}");
            }
            gaps.Add(await perLine.Query("select last_value from mt_events_sequence") - sequence);
            clock.Restart();
            var fresh = await liner.Unknown(Workspaces[0], Gateway, mixed);
            if (fresh.Count != 250) throw new InvalidOperationException("Other lines are unknown than the new ones.");
            await liner.Record(Workspaces[0], Gateway, fresh, DateTimeOffset.UtcNow, default);
            retries.Add(clock.Elapsed.TotalMilliseconds);
        }
        await built.Relay.Drain(await built.LastEvent());
        await perLine.Relay.Drain(await perLine.LastEvent());
        var (claim, failure, retry) = (Load.Median(claims), Load.Median(failures), Load.Median(retries));
        return
        [
            new("250 of 500 known", "answered after", claim, failure + retry, "ms"),
            new("250 of 500 known", "of which the failed transaction", 0, failure, "ms"),
            new("250 of 500 known", "of which finding and writing the rest", 0, retry, "ms"),
            new("250 of 500 known", "sequence numbers lost", 0, Load.Median(gaps), "a batch"),
        ];
    }

    private static async Task<Guid> Batch(
        int writer, int count, Func<Guid, Reporter, IReadOnlyList<AttributedLine>, DateTimeOffset, CancellationToken, Task<IReadOnlyList<LineAnswer>>> record)
    {
        var lines = Lines(Workspaces[writer], count);
        await record(Workspaces[writer], Gateway, lines, DateTimeOffset.UtcNow, default);
        return UsageName.Of(Workspaces[writer], Gateway.Name, Gateway.DefaultSource, lines[^1].Line.Id);
    }

    private static List<AttributedLine> Lines(Guid workspaceId, int count) => [.. Enumerable.Range(0, count).Select(index => SampleUsage.Line(workspaceId, index))];
}
