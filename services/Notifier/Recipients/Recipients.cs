using System.Collections.Concurrent;
using TokenSense.Contracts;
using TokenSense.Notifier.Alerts;
using TokenSense.Notifier.Channels;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Notifier.Recipients;

/// <summary>Whom an alert is delivered to: every channel of the workspace that watches it, and of the built-in one each owner and admin.</summary>
public sealed class Recipients(Directory directory, ChannelStore channels, TimeProvider clock)
{
    // A workspace always has an owner: one that is not known here yet is on its way, after an upgrade for a while.
    private static readonly TimeSpan ArrivalMax = TimeSpan.FromMinutes(10);
    private readonly ConcurrentDictionary<Guid, long> _awaitedSince = [];

    /// <param name="workspaceId">Whose.</param>
    /// <param name="alertId">Makes the deliveries' ids.</param>
    /// <param name="subject">Decides which channels watch it.</param>
    /// <param name="except">A channel that must not be used: the one that is told of.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="TimeoutException">The owner is not known yet: to be asked again.</exception>
    public async Task<IReadOnlyList<Addressee>> Of(Guid workspaceId, Guid alertId, AlertSubject subject, Guid? except, CancellationToken ct)
    {
        // Nobody is there to be told, and nobody is waited for.
        if ((await directory.All<WorkspaceChanged>("workspace", workspaceId, ct)).Any(w => w.DeletedAt is not null)) return [];
        var to = new List<Addressee>();
        foreach (var channel in (await channels.All(workspaceId, ct)).Where(c => c.Id != except && c.Watches(subject)))
        {
            if (!channel.BuiltIn)
            {
                to.Add(Address(alertId, channel, null));
                continue;
            }
            var people = await directory.People(workspaceId, Role.Admin, ct);
            if (people.Count > 0) _awaitedSince.TryRemove(workspaceId, out _);
            else if (clock.GetElapsedTime(_awaitedSince.GetOrAdd(workspaceId, _ => clock.GetTimestamp())) < ArrivalMax)
                throw new TimeoutException($"The owner of workspace {workspaceId} is not known here yet.");
            to.AddRange(people.Select(person => Address(alertId, channel, person.UserId)));
        }
        return to;
    }

    public static Addressee Address(Guid alertId, Channel channel, Guid? personId) =>
        new(NamedId.Of(alertId, channel.Id.ToString("N"), personId?.ToString("N") ?? ""), channel.Id, personId, channel.Receiver);
}
