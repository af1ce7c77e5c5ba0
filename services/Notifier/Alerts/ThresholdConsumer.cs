using MassTransit;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.Notifier.Alerts;

/// <summary>A crossed threshold is an alert with the crossing's id; a cleared one resolves it.</summary>
public sealed class ThresholdConsumer(AlertDesk desk, Calendars calendars) : IConsumer<ThresholdCrossed>, IConsumer<ThresholdCleared>
{
    public Task Consume(ConsumeContext<ThresholdCrossed> context) => context.WithoutLoss(async ct =>
    {
        var e = context.Message;
        // Its workspace may still be on its way here, and so its owner, for whom the desk waits; the months alone are not waited for.
        var resetsAt = (await calendars.Of(e.WorkspaceId, ct))?.EndsAt(e.Period);
        var subject = new AlertSubject(
            AlertKind.BudgetThreshold, e.Scope, e.ScopeId, null, e.Threshold, e.Mode, e.Period, e.SpentUsd, e.BudgetUsd, resetsAt, e.CrossedBy,
            Version: e.Version);
        await desk.Raise(e.CrossingId, e.WorkspaceId, subject, e.CrossedAt, unlessOpen: false, except: null, ct);
    });

    public Task Consume(ConsumeContext<ThresholdCleared> context) => context.WithoutLoss(ct => desk.Clear(context.Message, ct));
}
