using Marten;
using Npgsql;
using TokenSense.Contracts;
using TokenSense.Notifier.Alerts;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Notifier.Channels;

/// <summary>Sends a test through one channel, whatever it watches, and answers with what became of it.</summary>
public static class TestChannel
{
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(5), Look = TimeSpan.FromMilliseconds(50);

    public static void MapTestChannel(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/workspaces/{ws}/channels/{id:guid}/test", Test).WithName("test-channel").WithTags("channels").Produces<AlertView>();

    private static async Task<IResult> Test(
        HttpContext http, Access access, Guid id, ChannelStore channels, TestLimits limits, Directory directory, NpgsqlDataSource database, IDocumentStore store, AlertViews views, TimeProvider clock, CancellationToken ct)
    {
        var workspaceId = access.Workspace.WorkspaceId;
        if (await channels.Find(workspaceId, id, ct) is not { Deleted: false } channel) return Problems.NotFound();
        if (!channel.Terms.Enabled) return Problems.Of(409, "CHANNEL_OFF", "The channel is switched off.");
        if (!limits.Allows(workspaceId, id))
        {
            http.Response.Headers.RetryAfter = "60";
            return Problems.Of(429, "RATE_LIMITED", "Too many tests. Retry later.");
        }
        var at = clock.GetUtcNow();
        var alertId = Guid.CreateVersion7(at);
        var to = channel.BuiltIn
            ? (await directory.People(workspaceId, Role.Admin, ct)).Select(person => Recipients.Recipients.Address(alertId, channel, person.UserId)).ToList()
            : [Recipients.Recipients.Address(alertId, channel, null)];
        await using (var ledger = await AlertLedger.Open(database, store, workspaceId, access.Caller.Actor, access.From, ct))
        {
            // Nobody has to do anything about it, so it is no open item.
            var raised = Alert.Decide(new Raise(alertId, workspaceId, new AlertSubject(AlertKind.Test, "channel", channel.Id), at, null, [.. to]), null).ToList();
            ledger.Record(null, [.. raised, new AlertEvent.AlertResolved(at)]);
            await ledger.Save(at, ct);
        }
        var since = clock.GetTimestamp();
        Alert alert;
        do
        {
            await Task.Delay(Look, clock, ct);
            alert = (await AlertRows.Of(database, [alertId], ct))[0];
        }
        while (alert.Deliveries.Any(d => d.Attempts == 0) && clock.GetElapsedTime(since) < AnswerMax);
        return TypedResults.Ok((await views.Of(access.Workspace, [alert], ct))[0]);
    }
}
