using Marten;
using Npgsql;
using TokenSense.Notifier.Deliveries;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.Notifier.Channels;

/// <summary>Changes a channel in one transaction under its workspace's lock.</summary>
public sealed class ChannelChanges(NpgsqlDataSource database, IDocumentStore store, ChannelStore channels, TimeProvider clock)
{
    public const int ChannelsMax = 50;

    /// <returns>Null: the workspace has as many as it may.</returns>
    public async Task<Channel?> Create(Access access, string type, ChannelTerms terms, ChannelTarget target, CancellationToken ct)
    {
        var at = clock.GetUtcNow();
        await using var work = await Begin(access.Workspace.WorkspaceId, access.Caller.Actor, access.From, ct);
        if ((await channels.All(access.Workspace.WorkspaceId, ct, work.Transaction)).Count > ChannelsMax) return null;
        var create = new CreateChannel(Guid.CreateVersion7(at), access.Workspace.WorkspaceId, type, terms, BuiltIn: false, at);
        return await work.Commit(null, Channel.Decide(create, null), target, ct);
    }

    /// <param name="access">Who.</param>
    /// <param name="id">Which.</param>
    /// <param name="change">The terms and target that it shall have; a target null stays.</param>
    /// <param name="ct">Stops it.</param>
    /// <returns>Null: it is not there.</returns>
    public async Task<Channel?> Change(Access access, Guid id, Func<Channel, ChannelTarget, (ChannelTerms Terms, ChannelTarget? Target)> change, CancellationToken ct)
    {
        var at = clock.GetUtcNow();
        await using var work = await Begin(access.Workspace.WorkspaceId, access.Caller.Actor, access.From, ct);
        if (await channels.Find(access.Workspace.WorkspaceId, id, ct, work.Transaction) is not { Deleted: false } channel) return null;
        var (terms, target) = change(channel, await channels.TargetOf(id, ct, work.Transaction));
        // The built-in one has no stream until somebody changes it.
        List<ChannelEvent> events = channel.Version == 0
            ? [.. Channel.Decide(new CreateChannel(channel.Id, channel.WorkspaceId, channel.Type, channel.Terms, channel.BuiltIn, at), channel)]
            : [];
        var made = events.Aggregate(channel, Channel.Evolve);
        var changed = Channel.Decide(new ChangeChannel(terms, target is not null, at), made).ToList();
        if (changed.Count == 0) return channel;
        // What was known of where it led, or why it was off, no longer counts: what waits for it goes at once.
        if (!channel.BuiltIn && (target is not null || (terms.Enabled && !channel.Terms.Enabled))) await Receivers.LeadsElsewhere(work.Transaction, channel.Receiver, at, ct);
        return await work.Commit(channel, [.. events, .. changed], target, ct);
    }

    public async Task<Channel?> Delete(Access access, Guid id, CancellationToken ct)
    {
        await using var work = await Begin(access.Workspace.WorkspaceId, access.Caller.Actor, access.From, ct);
        if (await channels.Find(access.Workspace.WorkspaceId, id, ct, work.Transaction) is not { Deleted: false } channel) return null;
        return await work.Commit(channel, Channel.Decide(new DeleteChannel(clock.GetUtcNow()), channel), null, ct);
    }

    public async Task SwitchOff(Guid workspaceId, Guid id, string reason, CancellationToken ct)
    {
        await using var work = await Begin(workspaceId, "notifier", null, ct);
        if (await channels.Find(workspaceId, id, ct, work.Transaction) is { Version: > 0 } channel)
            await work.Commit(channel, Channel.Decide(new SwitchOffChannel(reason, clock.GetUtcNow()), channel), null, ct);
    }

    private async Task<Work> Begin(Guid workspaceId, string by, string? from, CancellationToken ct) =>
        new(await WorkspaceLock.Take(database, store, workspaceId, by, from, ct));

    private sealed class Work(WorkspaceLock taken) : IAsyncDisposable
    {
        public NpgsqlTransaction Transaction => taken.Transaction;

        public async Task<Channel> Commit(Channel? before, IEnumerable<ChannelEvent> decided, ChannelTarget? target, CancellationToken ct)
        {
            var events = decided.ToList();
            if (events.Count == 0) return before!;
            var after = events.Aggregate(before, Channel.Evolve)!;
            taken.Session.Events.Append(Channel.Stream(after.Id), after.Version, events.Cast<object>().ToArray());
            await taken.Session.SaveChangesAsync(ct);
            await ChannelStore.Write(Transaction, after, target, ct);
            await Transaction.CommitAsync(ct);
            return after;
        }

        public ValueTask DisposeAsync() => taken.DisposeAsync();
    }
}
