using TokenSense.Contracts;
using TokenSense.Notifier.Channels;
using TokenSense.Notifier.Deliveries;
using TokenSense.ServiceDefaults;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Notifier.Alerts;

/// <summary>An alert as the API shows it.</summary>
/// <param name="Detail">What happened and what it blocks.</param>
/// <param name="Advice">What to do.</param>
/// <param name="Reason">What was wrong with a line, what a receiver answered.</param>
public sealed record AlertView(
    Guid Id, string Kind, string Title, string Detail, string Advice, string? Reason, int? Threshold, string Scope, Guid? ScopeId, string ScopeName, string? Period,
    decimal? SpentUsd, decimal? BudgetUsd, string? Mode, DateTimeOffset CrossedAt, UsageReference? CrossedBy, DateTimeOffset? ResetsAt,
    string Status, DateTimeOffset? ResolvedAt, DateTimeOffset? DismissedAt, string? DismissedBy, IReadOnlyList<DeliveryView> Deliveries);

/// <param name="Channel">Its name.</param>
/// <param name="Recipient">The address, or the host of a URL; null once it was erased, or of somebody who left.</param>
/// <param name="Status"><c>pending</c>, <c>delivered</c> or <c>failed</c> (given up).</param>
/// <param name="At">The last attempt.</param>
public sealed record DeliveryView(Guid Id, string Channel, Guid ChannelId, string? Recipient, string Status, int Attempts, string? LastError, DateTimeOffset? At);

/// <summary>Shows alerts with the names and addresses that are known now.</summary>
public sealed class AlertViews(AlertNames names, ChannelStore channels, Directory directory, ConsoleAddress console)
{
    public async Task<IReadOnlyList<AlertView>> Of(WorkspaceChanged workspace, IReadOnlyList<Alert> alerts, CancellationToken ct)
    {
        var workspaceId = workspace.WorkspaceId;
        var known = await names.Of(workspaceId, alerts, ct);
        var calendar = new PeriodCalendar(workspace.TimeZones);
        var channelIds = alerts.SelectMany(a => a.Deliveries).Select(d => d.ChannelId).Distinct().ToArray();
        var targets = await channels.Targets(channelIds, ct);
        var channel = new Dictionary<Guid, Channel?>();
        foreach (var id in channelIds) channel[id] = await channels.Find(workspaceId, id, ct);
        var people = new Dictionary<Guid, string?>();
        foreach (var id in alerts.SelectMany(a => a.Deliveries).Select(d => d.PersonId).OfType<Guid>().Distinct()) people[id] = await directory.RoleOf(workspaceId, id, ct) is null ? null : (await directory.Person(id, ct))?.Email;

        DeliveryView Delivered(Delivery d) => new(
            d.Id, channel[d.ChannelId]?.Terms.Name ?? "", d.ChannelId,
            d.PersonId is { } person ? people[person] : targets.GetValueOrDefault(d.ChannelId) is { } target ? target.Address ?? HostOf(target.Url) : null,
            d.Status, d.Attempts, d.LastError, d.At);

        AlertView View(Alert a)
        {
            var zone = calendar.ZoneOf(a.Subject.Period ?? calendar.PeriodOf(a.RaisedAt));
            var wording = AlertWording.Of(new Notice(a.Id, workspaceId, workspace.Name, workspace.Slug, zone, [Notices.Facts(a, known[a.Id])], console.Url));
            return new(
                a.Id, a.Subject.Kind, wording.Title, $"{wording.What} {wording.Effect}", wording.Advice, a.Subject.Detail, a.Subject.Threshold, a.Subject.Scope, a.Subject.ScopeId,
                known[a.Id], a.Subject.Period, a.Subject.SpentUsd, a.Subject.BudgetUsd, a.Subject.Mode, a.RaisedAt, a.Subject.CrossedBy, a.Subject.ResetsAt,
                a.Status, a.ResolvedAt, a.DismissedAt, a.DismissedBy, [.. a.Deliveries.Select(Delivered)]);
        }

        return [.. alerts.Select(View)];
    }

    internal static string? HostOf(string? url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri.Authority : null;
}
