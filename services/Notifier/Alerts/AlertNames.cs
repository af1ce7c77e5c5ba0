using TokenSense.Contracts;
using TokenSense.Notifier.Channels;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Notifier.Alerts;

/// <summary>What the things that alerts are about are called now.</summary>
public sealed class AlertNames(Directory directory, ChannelStore channels)
{
    /// <returns>By the alert's id.</returns>
    public async Task<IReadOnlyDictionary<Guid, string>> Of(Guid workspaceId, IReadOnlyList<Alert> alerts, CancellationToken ct)
    {
        var known = new Dictionary<(string, Guid), string>();
        var named = new Dictionary<Guid, string>();
        foreach (var alert in alerts)
        {
            if (alert.Subject is not { ScopeId: { } id, Scope: var scope })
            {
                named[alert.Id] = alert.Subject.ScopeName ?? "";
                continue;
            }
            if (!known.TryGetValue((scope, id), out var name)) known[(scope, id)] = name = await Name(workspaceId, scope, id, ct) ?? id.ToString();
            named[alert.Id] = name;
        }
        return named;
    }

    private async Task<string?> Name(Guid workspaceId, string scope, Guid id, CancellationToken ct) => scope switch
    {
        "workspace" => (await directory.All<WorkspaceChanged>("workspace", workspaceId, ct)).SingleOrDefault()?.Name,
        "project" => (await directory.Project(workspaceId, id.ToString(), ct))?.Name,
        "key" => (await directory.Key(workspaceId, id, ct))?.Name,
        "channel" => (await channels.Find(workspaceId, id, ct))?.Terms.Name,
        _ => null,
    };
}
