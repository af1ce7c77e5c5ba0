using System.Collections.Immutable;
using TokenSense.Contracts;

namespace TokenSense.Notifier.Alerts;

// Commands carry everything a decision needs: nothing in this file reads a clock, a bus or a database.
/// <param name="Clearing">The last clearing of the same threshold that is known, where it overtook its crossing.</param>
/// <param name="To">Whom it is delivered to.</param>
public sealed record Raise(Guid Id, Guid WorkspaceId, AlertSubject Subject, DateTimeOffset At, Clearing? Clearing, ImmutableArray<Addressee> To);
public sealed record Resolve(DateTimeOffset At);
public sealed record Dismiss(string By, DateTimeOffset At);
public sealed record Redeliver(string By, DateTimeOffset At);
public sealed record TellDelivered(Guid DeliveryId, Guid MessageId, DateTimeOffset At);
public sealed record TellFailed(Guid DeliveryId, string Reason, bool GivesUp, DateTimeOffset At);

/// <summary>What an alert is about. Names of projects, keys and channels are looked up where they are shown: they may change.</summary>
/// <param name="Kind">See <see cref="AlertKind"/>.</param>
/// <param name="ScopeName">Of what has no id: a model, a gateway.</param>
/// <param name="Version">The crossing's, by which a clearing tells that it came later.</param>
public sealed record AlertSubject(
    string Kind, string Scope, Guid? ScopeId, string? ScopeName = null, int? Threshold = null, string? Mode = null, string? Period = null,
    decimal? SpentUsd = null, decimal? BudgetUsd = null, DateTimeOffset? ResetsAt = null, UsageReference? CrossedBy = null, string? Detail = null, long Version = 0);

/// <param name="PersonId">A member, reached at the address that they have when it is sent; null: the channel has its own.</param>
/// <param name="Receiver">As <see cref="Channels.Channel.Receiver"/>.</param>
public sealed record Addressee(Guid DeliveryId, Guid ChannelId, Guid? PersonId, string Receiver);

// Events are the stored format: members are added, never renamed or removed. People are ids here, and addresses are not in it.
public abstract record AlertEvent
{
    public sealed record AlertRaised(Guid Id, Guid WorkspaceId, AlertSubject Subject, ImmutableArray<Addressee> To, DateTimeOffset At) : AlertEvent;
    public sealed record AlertResolved(DateTimeOffset At) : AlertEvent;
    public sealed record AlertDismissed(string By, DateTimeOffset At) : AlertEvent;
    public sealed record AlertDelivered(Guid DeliveryId, Guid ChannelId, Guid MessageId, int Attempts, DateTimeOffset At) : AlertEvent;
    public sealed record AlertDeliveryFailed(Guid DeliveryId, Guid ChannelId, int Attempts, string Reason, bool GivenUp, DateTimeOffset At) : AlertEvent;
    public sealed record RedeliveryAsked(string By, DateTimeOffset At) : AlertEvent;
}

/// <summary>One alert, with what became of its deliveries: the stream <c>alert-{id}</c>, folded.</summary>
/// <remarks>Raising it again changes nothing: its id is the crossing's, or made of what it is about.</remarks>
public sealed record Alert(
    Guid Id, Guid WorkspaceId, AlertSubject Subject, DateTimeOffset RaisedAt, DateTimeOffset? ResolvedAt, DateTimeOffset? DismissedAt, string? DismissedBy,
    ImmutableArray<Delivery> Deliveries, long StreamVersion)
{
    public static string Stream(Guid id) => $"alert-{id}";

    /// <summary><c>open</c>, <c>dismissed</c> or <c>resolved</c>.</summary>
    public string Status => this switch { { ResolvedAt: not null } => "resolved", { DismissedAt: not null } => "dismissed", _ => "open" };

    public static IEnumerable<AlertEvent> Decide(Raise c, Alert? alert)
    {
        if (alert is not null) yield break;
        yield return new AlertEvent.AlertRaised(c.Id, c.WorkspaceId, c.Subject, c.To, c.At);
        // A clearing that overtook its crossing on the bus. By both, so that versions which began anew (a restore) swallow nothing.
        if (c.Clearing is { } cleared && c.Subject.Version < cleared.Version && c.At <= cleared.At) yield return new AlertEvent.AlertResolved(cleared.At);
    }

    public static IEnumerable<AlertEvent> Decide(Resolve c, Alert alert) => alert.ResolvedAt is null ? [new AlertEvent.AlertResolved(c.At)] : [];

    public static IEnumerable<AlertEvent> Decide(Dismiss c, Alert alert) => alert.Status == "open" ? [new AlertEvent.AlertDismissed(c.By, c.At)] : [];

    public static IEnumerable<AlertEvent> Decide(Redeliver c, Alert alert) =>
        alert.Deliveries.Any(d => d.Status != Delivery.Pending) ? [new AlertEvent.RedeliveryAsked(c.By, c.At)] : [];

    public static IEnumerable<AlertEvent> Decide(TellDelivered c, Alert alert) =>
        alert.Find(c.DeliveryId) is { Status: Delivery.Pending } d ? [new AlertEvent.AlertDelivered(d.Id, d.ChannelId, c.MessageId, d.Attempts + 1, c.At)] : [];

    public static IEnumerable<AlertEvent> Decide(TellFailed c, Alert alert) =>
        alert.Find(c.DeliveryId) is { Status: Delivery.Pending } d
            ? [new AlertEvent.AlertDeliveryFailed(d.Id, d.ChannelId, d.Attempts + 1, c.Reason, c.GivesUp, c.At)]
            : [];

    public static Alert Evolve(Alert? alert, AlertEvent happened) => (alert, happened) switch
    {
        (null, AlertEvent.AlertRaised e) => new(
            e.Id, e.WorkspaceId, e.Subject, e.At, null, null, null, [.. e.To.Select(t => new Delivery(t.DeliveryId, t.ChannelId, t.PersonId, Delivery.Pending, 0, null, null))], 1),
        ({ } a, AlertEvent.AlertResolved e) => a.Next() with { ResolvedAt = e.At },
        ({ } a, AlertEvent.AlertDismissed e) => a.Next() with { DismissedAt = e.At, DismissedBy = e.By },
        ({ } a, AlertEvent.AlertDelivered e) => a.Next(e.DeliveryId, d => d with { Status = Delivery.Done, Attempts = e.Attempts, LastError = null, At = e.At }),
        ({ } a, AlertEvent.AlertDeliveryFailed e) => a.Next(
            e.DeliveryId, d => d with { Status = e.GivenUp ? Delivery.Failed : Delivery.Pending, Attempts = e.Attempts, LastError = e.Reason, At = e.At }),
        ({ } a, AlertEvent.RedeliveryAsked) => a.Next() with { Deliveries = [.. a.Deliveries.Select(d => d with { Status = Delivery.Pending })] },
        _ => throw new InvalidOperationException($"Alert cannot fold {happened.GetType().Name}."),
    };

    public Delivery? Find(Guid deliveryId) => Deliveries.FirstOrDefault(d => d.Id == deliveryId);

    private Alert Next() => this with { StreamVersion = StreamVersion + 1 };

    private Alert Next(Guid deliveryId, Func<Delivery, Delivery> change) =>
        Next() with { Deliveries = [.. Deliveries.Select(d => d.Id == deliveryId ? change(d) : d)] };
}

/// <summary>An alert on its way to one receiver.</summary>
/// <param name="At">The last attempt; null before the first.</param>
public sealed record Delivery(Guid Id, Guid ChannelId, Guid? PersonId, string Status, int Attempts, string? LastError, DateTimeOffset? At)
{
    public const string Pending = "pending";
    public const string Done = "delivered";
    public const string Failed = "failed";
}
