using System.Collections.Immutable;
using Marten;
using MassTransit;
using Npgsql;
using TokenSense.Budgets.Limits;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.Budgets.Spend;

/// <summary>Adds recorded usage to the spend of its workspace, projects and keys, once per message.</summary>
public sealed class UsageRecordedConsumer(NpgsqlDataSource database, IDocumentStore store, Calendars calendars, TimeProvider clock) : IConsumer<UsageRecorded>
{
    public Task Consume(ConsumeContext<UsageRecorded> context) =>
        context.WithoutLoss(ct => Accrue(context.Message, context.MessageId!.Value, ct));

    private async Task Accrue(UsageRecorded message, Guid messageId, CancellationToken ct)
    {
        await using var ledger = await SpendLedger.Claim(database, store, message.WorkspaceId, messageId, "metering", ct);
        if (ledger is null) return;
        var at = clock.GetUtcNow();
        // Its workspace may still be on its way here: the message waits for it.
        var calendar = await calendars.Of(message.WorkspaceId, ct) ?? throw new TimeoutException($"Workspace {message.WorkspaceId} is not known yet.");
        var parts = Parts(message).ToList();
        var months = await ledger.Load(
            [.. parts.Select(p => new WantedMonth(p.Stream, p.Period, p.Own, [.. p.Charges.Select(c => c.KeyId).OfType<Guid>().Distinct()]))], calendar, at, ct);
        foreach (var part in parts)
            months[part.Stream].Accrue(new Accrue(messageId, part.Charges, at));
        await ledger.Save([.. months.Values], ct);
    }

    /// <summary>The charges of each stream that a message moves. A key's total rides in its own project's stream, or in the workspace's when it has none.</summary>
    private static IEnumerable<(string Stream, string Period, ScopeName Own, ImmutableArray<Charge> Charges)> Parts(UsageRecorded message)
    {
        foreach (var month in message.Lines.Where(l => l.CostUsd is not null).GroupBy(l => l.Period).OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            var workspace = new ScopeName(message.WorkspaceId, ScopeName.Workspace, message.WorkspaceId);
            yield return (OpenMonth.StreamOf(workspace, month.Key), month.Key, workspace,
                [.. month.Select(l => ChargeOf(l, ridesHere: l.KeyProjectId is null))]);
            foreach (var project in month.Where(l => l.ProjectId is not null).GroupBy(l => l.ProjectId!.Value).OrderBy(p => p.Key))
            {
                var own = new ScopeName(message.WorkspaceId, ScopeName.Project, project.Key);
                yield return (OpenMonth.StreamOf(own, month.Key), month.Key, own,
                    [.. project.Select(l => ChargeOf(l, ridesHere: l.KeyProjectId == project.Key))]);
            }
        }
    }

    private static Charge ChargeOf(RecordedLine line, bool ridesHere) =>
        new(ridesHere ? line.KeyId : null, line.CostUsd!.Value, new(line.Source, line.Id), GatewayFigure.Of(line));
}
