using Npgsql;
using TokenSense.Contracts;
using TokenSense.Notifier.Alerts;
using TokenSense.Notifier.Channels;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Notifier.Deliveries;

/// <summary>A message ready to leave, and where to.</summary>
/// <param name="ChannelType">As <see cref="Channel.Types"/>.</param>
/// <param name="To">Of a member the address that they have now.</param>
public sealed record AddressedNotice(Notice Notice, string ChannelType, ChannelTarget To);

/// <param name="Addressed">Null: there is an outcome without an attempt.</param>
public sealed record PreparedNotice(Guid MessageId, AddressedNotice? Addressed, Outcome? Otherwise);

/// <summary>Makes messages of what is due, with the names, addresses and roles of now.</summary>
public sealed class Notices(NpgsqlDataSource database, ChannelStore channels, AlertNames names, Directory directory, ConsoleAddress console)
{
    public async Task<PreparedNotice> Of(DueMessage message, CancellationToken ct)
    {
        var alerts = (await AlertRows.Of(database, [.. message.Deliveries.Select(d => d.AlertId)], ct))
            .OrderBy(a => a.ResolvedAt is not null).ThenByDescending(a => a.Subject.Threshold).ThenBy(a => a.RaisedAt).ToList();
        // The first one names the message: the same over every retry, and another one once a higher threshold joined.
        var messageId = message.Deliveries.First(d => d.AlertId == alerts[0].Id).Id;
        PreparedNotice Instead(Outcome outcome) => new(messageId, null, outcome);

        if (await channels.Find(message.WorkspaceId, message.ChannelId, ct) is not { Deleted: false } channel) return Instead(new Outcome.Nowhere("The channel was deleted."));
        // A test is asked for of a channel as it is; what was planned for one that is off since is not wanted any more.
        if (!channel.Terms.Enabled) return Instead(new Outcome.Nowhere("The channel was switched off."));
        var workspace = (await directory.All<WorkspaceChanged>("workspace", message.WorkspaceId, ct)).SingleOrDefault();
        if (workspace is null) return Instead(new Outcome.NotYet("The workspace is not known here yet."));
        if (workspace.DeletedAt is not null) return Instead(new Outcome.Nowhere("The workspace was deleted."));
        var target = await channels.TargetOf(channel.Id, ct);
        if (message.PersonId is { } personId)
        {
            if (!Enum.TryParse<Role>(await directory.RoleOf(message.WorkspaceId, personId, ct), ignoreCase: true, out var role) || role < Role.Admin)
                return Instead(new Outcome.Nowhere("They are no longer an owner or admin."));
            if (await directory.Person(personId, ct) is not { } person) return Instead(new Outcome.NotYet("Who they are is not known here yet."));
            if (person.Email is null) return Instead(new Outcome.Nowhere("They are no longer there."));
            target = target with { Address = person.Email };
        }
        // What no longer holds is not told beside what does.
        var told = alerts[0].ResolvedAt is null ? alerts.Where(a => a.ResolvedAt is null).ToList() : alerts;
        var zone = new PeriodCalendar(workspace.TimeZones).ZoneOf(alerts[0].Subject.Period ?? $"{alerts[0].RaisedAt:yyyy-MM}");
        var known = await names.Of(message.WorkspaceId, told, ct);
        return new(messageId, new(
            new Notice(messageId, message.WorkspaceId, workspace.Name, workspace.Slug, zone, [.. told.Select(a => Facts(a, known[a.Id]))], console.Url), channel.Type, target), null);
    }

    public static AlertFacts Facts(Alert alert, string name) => new(
        alert.Id, alert.Subject.Kind, alert.Subject.Threshold, alert.Subject.Scope, alert.Subject.ScopeId, name, alert.Subject.Mode, alert.Subject.Period,
        alert.Subject.SpentUsd, alert.Subject.BudgetUsd, alert.RaisedAt, alert.Subject.ResetsAt, alert.Subject.CrossedBy, alert.Subject.Detail,
        alert.Subject.Kind == AlertKind.Test ? null : alert.ResolvedAt);
}
