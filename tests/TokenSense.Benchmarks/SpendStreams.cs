using System.Collections.Immutable;
using TokenSense.Budgets;
using TokenSense.Budgets.Limits;
using TokenSense.Budgets.Spend;
using TokenSense.Contracts;
using TokenSense.Metering.Usage;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Benchmarks;

/// <summary>Budgets' ledger with keys riding in their project's stream, as built, against a stream of its own for every key.</summary>
internal static class SpendStreams
{
    public const string Name = "spend-streams";
    private static readonly Guid[] Workspaces = [.. Enumerable.Range(0, Load.Writers).Select(_ => Guid.CreateVersion7())];

    public static async Task<Finding> Run()
    {
        await using var built = await Create("spend_riding");
        await using var streams = await Create("spend_keys");
        var rows = new List<Row>();
        var (value, baseline) = (0.0, 0.0);
        foreach (var lines in new[] { 1, UsageIntake.LinesPerEventMax })
        {
            var messages = Workspaces.Select(workspace => Message(workspace, lines)).ToArray();
            var (one, other) = await Load.Compare(
                (built, writer => Accrue(built, messages[writer], Riding)), (streams, writer => Accrue(streams, messages[writer], StreamPerKey)));
            var @case = $"{lines} lines a message";
            rows.Add(new(@case, "counted", one.Written, other.Written, "messages/s"));
            rows.Add(new(@case, "counted and relayed", one.Relayed, other.Relayed, "messages/s"));
            rows.Add(new(@case, "relayed", one.EventsRelayed, other.EventsRelayed, "events/s"));
            rows.Add(new(@case, "commit to subscription, median", one.LagMs, other.LagMs, "ms"));
            rows.Add(new(@case, "events and claim on disk", one.BytesEach, other.BytesEach, "bytes/message"));
            (value, baseline) = (one.Relayed, other.Relayed);
        }
        return new Finding(Name, value, baseline, "messages/s counted and relayed, 500 lines each", RatioMin: 1.2, rows);
    }

    private static Task<BenchStore> Create(string name) => BenchStore.Create(name, [Directory.Tables, Tables.Script],
        store => store.Events.MapEventType<SpendEvent.SpendAccrued>("spend-accrued"), stored => ((SpendEvent.SpendAccrued)stored.Data).CauseId);

    // As UsageRecordedConsumer does, with the streams to be compared.
    private static async Task<Guid> Accrue(BenchStore store, UsageRecorded message, Func<UsageRecorded, IEnumerable<Part>> split)
    {
        var (id, at) = (Guid.CreateVersion7(), DateTimeOffset.UtcNow);
        await using var ledger = await SpendLedger.Open(store.Database, store.Store, message.WorkspaceId, "metering", null, default);
        if (!await ledger.Claim(id, default)) throw new InvalidOperationException("A new message was known.");
        var parts = split(message).ToList();
        var months = await ledger.Load(
            [.. parts.Select(p => (p.Stream, p.Period, p.Own, (IReadOnlyCollection<Guid>)p.Charges.Select(c => c.KeyId).OfType<Guid>().Distinct().ToList()))], at, default);
        foreach (var part in parts)
            months[part.Stream].Record(MonthlySpend.Decide(new Accrue(id, part.Charges, at), months[part.Stream].State));
        await ledger.Save(months.Values, default);
        return id;
    }

    private static IEnumerable<Part> Riding(UsageRecorded message) =>
    [
        Part.Of(message, ScopeName.Workspace, message.WorkspaceId, message.Lines, rides: false),
        .. message.Lines.GroupBy(l => l.ProjectId!.Value).Select(project => Part.Of(message, ScopeName.Project, project.Key, project, rides: true)),
    ];

    private static IEnumerable<Part> StreamPerKey(UsageRecorded message) =>
    [
        Part.Of(message, ScopeName.Workspace, message.WorkspaceId, message.Lines, rides: false),
        .. message.Lines.GroupBy(l => l.ProjectId!.Value).Select(project => Part.Of(message, ScopeName.Project, project.Key, project, rides: false)),
        .. message.Lines.GroupBy(l => l.KeyId).Select(key => Part.Of(message, ScopeName.Key, key.Key, key, rides: false)),
    ];

    private static UsageRecorded Message(Guid workspaceId, int lines) => new()
    {
        WorkspaceId = workspaceId,
        RecordedAt = DateTimeOffset.UtcNow,
        Lines = [.. Enumerable.Range(0, lines).Select(index => SampleUsage.Line(workspaceId, index)).Select(l => new RecordedLine
        {
            UsageId = Guid.CreateVersion7(), Reporter = "gateway:bench", Source = "bench", Id = l.Line.Id, Time = l.Line.Time, Period = $"{l.Line.Time:yyyy-MM}",
            KeyId = l.Key.KeyId, ProjectId = l.ProjectId, KeyProjectId = l.ProjectId, Provider = l.Line.Provider, Model = l.Line.Model,
            Usage = l.Line.Usage.ByClass(), CostUsd = 0.001234m,
        })],
    };

    private sealed record Part(string Stream, string Period, ScopeName Own, ImmutableArray<Charge> Charges)
    {
        public static Part Of(UsageRecorded message, string scope, Guid id, IEnumerable<RecordedLine> lines, bool rides)
        {
            var (own, all) = (new ScopeName(message.WorkspaceId, scope, id), lines.ToList());
            return new(OpenMonth.StreamOf(own, all[0].Period), all[0].Period, own,
                [.. all.Select(l => new Charge(rides ? l.KeyId : null, l.CostUsd!.Value, new(l.Source, l.Id)))]);
        }
    }
}
