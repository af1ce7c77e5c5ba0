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
    private static readonly Guid GatewayRun = Guid.CreateVersion7();
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
            rows.AddRange(Sample.Compare($"{lines} lines a message", one, other, 1, "message"));
            (value, baseline) = (one.Relayed, other.Relayed);
        }
        return new Finding(Name, value, baseline, "messages/s committed and relayed, 500 lines each", RatioMin: 1, rows);
    }

    private static Task<BenchStore> Create(string name) => BenchStore.Create(name, [Directory.Tables, Tables.Script, Tables.Included],
        store => store.Events.MapEventType<SpendEvent.SpendAccrued>("spend-accrued"), stored => ((SpendEvent.SpendAccrued)stored.Data).CauseId);

    // As UsageRecordedConsumer does, with the streams to be compared.
    private static async Task<Guid> Accrue(BenchStore store, UsageRecorded message, Func<UsageRecorded, IEnumerable<Part>> split)
    {
        var (id, at) = (Guid.CreateVersion7(), DateTimeOffset.UtcNow);
        await using var ledger = await SpendLedger.Claim(store.Database, store.Store, message.WorkspaceId, id, "metering", default)
            ?? throw new InvalidOperationException("A new message was known.");
        var parts = split(message).ToList();
        var months = await ledger.Load(
            [.. parts.Select(p => new WantedMonth(p.Stream, p.Period, p.Own, [.. p.Charges.Select(c => c.KeyId).OfType<Guid>().Distinct()]))], new PeriodCalendar([]), at, default);
        foreach (var part in parts)
            months[part.Stream].Accrue(new Accrue(id, part.Charges, at));
        await ledger.Save([.. months.Values], default);
        return id;
    }

    private static IEnumerable<Part> Riding(UsageRecorded message) => [OfWorkspace(message), .. OfProjects(message, ride: true)];

    private static IEnumerable<Part> StreamPerKey(UsageRecorded message) =>
        [OfWorkspace(message), .. OfProjects(message, ride: false), .. message.Lines.GroupBy(l => l.KeyId).Select(k => Of(message, ScopeName.Key, k.Key, k, ride: false))];

    private static Part OfWorkspace(UsageRecorded message) => Of(message, ScopeName.Workspace, message.WorkspaceId, message.Lines, ride: false);

    private static IEnumerable<Part> OfProjects(UsageRecorded message, bool ride) =>
        message.Lines.GroupBy(l => l.ProjectId!.Value).Select(p => Of(message, ScopeName.Project, p.Key, p, ride));

    private static Part Of(UsageRecorded message, string scope, Guid id, IEnumerable<RecordedLine> lines, bool ride)
    {
        var (own, period) = (new ScopeName(message.WorkspaceId, scope, id), message.Lines[0].Period);
        return new(OpenMonth.StreamOf(own, period), period, own, [.. lines.Select(l => new Charge(ride ? l.KeyId : null, l.CostUsd!.Value, new(l.Source, l.Id), GatewayFigure.Of(l)))]);
    }

    private static UsageRecorded Message(Guid workspaceId, int lines) => new()
    {
        WorkspaceId = workspaceId,
        RecordedAt = DateTimeOffset.UtcNow,
        Lines = [.. Enumerable.Range(0, lines).Select(index => SampleUsage.Line(workspaceId, index)).Select(l => new RecordedLine
        {
            UsageId = Guid.CreateVersion7(), Reporter = "gateway:bench", Source = "bench", Id = l.Line.Id, Time = l.Line.Time, Period = $"{l.Line.Time:yyyy-MM}",
            KeyId = l.Key.KeyId, ProjectId = l.ProjectId, KeyProjectId = l.ProjectId, Provider = l.Line.Provider, Model = l.Line.Model,
            Usage = l.Line.Usage.ByClass(), CostUsd = 0.001234m, ReportedCostUsd = 0.001234m, GatewayEpoch = GatewayRun,
        })],
    };

    private sealed record Part(string Stream, string Period, ScopeName Own, ImmutableArray<Charge> Charges);
}
