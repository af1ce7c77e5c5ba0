using Npgsql;
using TokenSense.Contracts;
using TokenSense.Notifier.Alerts;
using TokenSense.Notifier.Deliveries;
using TokenSense.Notifier.Recipients;
using TokenSense.ServiceDefaults;

namespace TokenSense.Notifier.Channels;

/// <summary>A receiver that is away for long, or wants no more, is an item of its own, told through the other channels; it is resolved once something got through.</summary>
public sealed class ChannelTrouble(NpgsqlDataSource database, AlertDesk desk, ChannelStore channels, Operators operators, TimeProvider clock)
{
    public static readonly TimeSpan ToldAfter = TimeSpan.FromMinutes(10);

    private const string MailServer = "Mail server";

    /// <param name="message">What could not be brought.</param>
    /// <param name="occurrence">Tells this trouble from a later one.</param>
    /// <param name="reason">What the receiver said.</param>
    /// <param name="ct">Stops it.</param>
    public async Task Tell(DueMessage message, string occurrence, string reason, CancellationToken ct)
    {
        if (await Place(message, ct) is not { } place) return;
        var subject = new AlertSubject(AlertKind.ChannelFailing, "channel", place.ChannelId, place.ChannelId is null ? MailServer : null, Detail: reason);
        await desk.Raise(NamedId.Of(place.WorkspaceId, AlertKind.ChannelFailing, message.Receiver, occurrence), place.WorkspaceId, subject, clock.GetUtcNow(),
            unlessOpen: true, except: place.Except, ct);
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await Receivers.MarkTold(transaction, message.Receiver, ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>A channel that its receiver switched off, where the process died before it told.</summary>
    public Task TellOff(Guid workspaceId, Guid channelId, string reason, string version, CancellationToken ct) => desk.Raise(
        NamedId.Of(workspaceId, AlertKind.ChannelFailing, channelId.ToString("N"), version), workspaceId,
        new AlertSubject(AlertKind.ChannelFailing, "channel", channelId, Detail: reason), clock.GetUtcNow(), unlessOpen: true, except: channelId, ct);

    public async Task IsOver(DueMessage message, CancellationToken ct)
    {
        if (await Place(message, ct) is { } place)
            await desk.Resolve(place.WorkspaceId, AlertKind.ChannelFailing, "channel", place.ChannelId, place.ChannelId is null ? MailServer : null, ct);
    }

    /// <summary>Somebody switched it on again.</summary>
    public Task IsOver(Guid workspaceId, Guid channelId, CancellationToken ct) =>
        desk.Resolve(workspaceId, AlertKind.ChannelFailing, "channel", channelId, null, ct);

    // The mail server is everybody's: its trouble is the operator's, and is not told by mail.
    private async Task<(Guid WorkspaceId, Guid? ChannelId, Guid? Except)?> Place(DueMessage message, CancellationToken ct)
    {
        if (message.Receiver != "smtp") return (message.WorkspaceId, message.ChannelId, message.ChannelId);
        return await operators.Workspace(ct) is { } workspaceId ? (workspaceId, null, (await channels.All(workspaceId, ct))[0].Id) : null;
    }
}
