using JasperFx.Events;
using Npgsql;
using TokenSense.Contracts;
using TokenSense.Notifier.Channels;
using TokenSense.ServiceDefaults;

namespace TokenSense.Notifier.Alerts;

/// <summary>Tells ops, and open pages, on the bus: one stored event, one message, with the event's id.</summary>
public sealed class AlertRelay(NpgsqlDataSource database, AlertNames names) : IRelayRendering
{
    public async ValueTask<IReadOnlyList<Outgoing>> Render(IReadOnlyList<IEvent> page, CancellationToken ct)
    {
        var told = page.Where(e => e.Data is AlertEvent.AlertRaised or AlertEvent.AlertResolved or AlertEvent.AlertDismissed
            or AlertEvent.AlertDelivered or AlertEvent.AlertDeliveryFailed).ToList();
        var messages = page.Where(e => e.Data is ChannelEvent)
            .Select(e => new Outgoing(new WorkspaceThingChanged { WorkspaceId = Guid.Parse(e.TenantId), Kind = "channel" }, e.Id)).ToList();
        if (told.Count == 0) return messages;
        // An alert's stream is named by its id; a delivery's events leave the rest to it.
        var alerts = (await AlertRows.Of(database, [.. told.Select(e => Guid.Parse(e.StreamKey!["alert-".Length..])).Distinct()], ct)).ToDictionary(a => a.Id);
        foreach (var stored in told)
        {
            // A test of long ago has no row any more; nobody waits to hear of it again.
            if (!alerts.TryGetValue(Guid.Parse(stored.StreamKey!["alert-".Length..]), out var alert)) continue;
            messages.Add(new Outgoing(stored.Data switch
            {
                AlertEvent.AlertRaised e => Raised(e, (await names.Of(alert.WorkspaceId, [alert], ct))[alert.Id]),
                AlertEvent.AlertResolved e => new AlertClosed { AlertId = alert.Id, WorkspaceId = alert.WorkspaceId, Status = "resolved", At = e.At },
                AlertEvent.AlertDismissed e => new AlertClosed { AlertId = alert.Id, WorkspaceId = alert.WorkspaceId, Status = "dismissed", At = e.At },
                AlertEvent.AlertDelivered e => new AlertDelivered
                {
                    AlertId = alert.Id, WorkspaceId = alert.WorkspaceId, ChannelId = e.ChannelId, DeliveryId = e.DeliveryId, Attempts = e.Attempts, At = e.At,
                },
                AlertEvent.AlertDeliveryFailed e => new AlertDeliveryFailed
                {
                    AlertId = alert.Id, WorkspaceId = alert.WorkspaceId, ChannelId = e.ChannelId, DeliveryId = e.DeliveryId, Attempts = e.Attempts,
                    Reason = e.Reason, GivenUp = e.GivenUp, At = e.At,
                },
                var other => throw new InvalidOperationException($"The relay has no message for {other.GetType().Name}."),
            }, stored.Id));
        }
        return messages;
    }

    private static AlertRaised Raised(AlertEvent.AlertRaised e, string name) => new()
    {
        AlertId = e.Id, WorkspaceId = e.WorkspaceId, Kind = e.Subject.Kind, Threshold = e.Subject.Threshold, Scope = e.Subject.Scope, ScopeId = e.Subject.ScopeId,
        ScopeName = name, Period = e.Subject.Period, SpentUsd = e.Subject.SpentUsd, BudgetUsd = e.Subject.BudgetUsd, RaisedAt = e.At,
    };
}
