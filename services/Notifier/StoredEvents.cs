using Marten;
using TokenSense.Notifier.Alerts;
using TokenSense.Notifier.Channels;
using TokenSense.ServiceDefaults.Audit;

namespace TokenSense.Notifier;

/// <summary>The names by which events are stored, for ever, and which of them somebody made.</summary>
public static class StoredEvents
{
    // Where a channel leads is in no event: the log says that it changed, and not to what.
    public static readonly AuditCatalog Audited = new(
    [
        AuditedStream.Of<Channel, ChannelEvent>(
            Channel.Evolve, c => new("channel", $"{c.Id}", c.Terms.Name),
            c => c.Deleted ? null : new { c.Type, c.Terms.Name, c.Terms.Enabled, c.Terms.Budgets, c.Terms.Thresholds, c.Terms.Kinds, c.OffReason },
            [
                new("channel-created", "channel.created"), new("channel-changed", "channel.changed"),
                new("channel-switched-off", "channel.switched_off"), new("channel-deleted", "channel.deleted"),
            ],
            told: happened => happened is ChannelEvent.ChannelChanged { TargetChanged: true } e ? new { e.TargetChanged } : null),
        AuditedStream.Of<Alert, AlertEvent>(
            Alert.Evolve, a => new("alert", $"{a.Id}", a.Subject.Kind),
            a => new { a.Status, PendingDeliveries = a.Deliveries.Count(d => d.Status == Delivery.Pending) },
            [new("alert-dismissed", "alert.dismissed"), new("alert-redelivery-asked", "alert.redelivery_asked")]),
    ],
    MachineFacts: ["alert-raised", "alert-resolved", "alert-delivered", "alert-delivery-failed"]);

    public static void Pin(StoreOptions options)
    {
        options.Events.MapEventType<AlertEvent.AlertRaised>("alert-raised");
        options.Events.MapEventType<AlertEvent.AlertResolved>("alert-resolved");
        options.Events.MapEventType<AlertEvent.AlertDismissed>("alert-dismissed");
        options.Events.MapEventType<AlertEvent.AlertDelivered>("alert-delivered");
        options.Events.MapEventType<AlertEvent.AlertDeliveryFailed>("alert-delivery-failed");
        options.Events.MapEventType<AlertEvent.RedeliveryAsked>("alert-redelivery-asked");
        options.Events.MapEventType<ChannelEvent.ChannelCreated>("channel-created");
        options.Events.MapEventType<ChannelEvent.ChannelChanged>("channel-changed");
        options.Events.MapEventType<ChannelEvent.ChannelSwitchedOff>("channel-switched-off");
        options.Events.MapEventType<ChannelEvent.ChannelDeleted>("channel-deleted");
    }
}
