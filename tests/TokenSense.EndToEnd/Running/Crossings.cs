using System.Text.Json.Nodes;

namespace TokenSense.EndToEnd.Running;

/// <summary>Subscribes to <c>ThresholdCrossed</c> as an ops team would, and tells each crossing once by its id.</summary>
public sealed class Crossings : IAsyncDisposable
{
    private readonly Watcher _watcher;

    private Crossings(Watcher watcher) => _watcher = watcher;

    public static async Task<Crossings> Watch(Stack stack) => new(await Watcher.On(stack, "ThresholdCrossed"));

    /// <summary>"project 80", "project 100", … of a workspace, in order of scope and threshold; each as often as it was crossed.</summary>
    public IReadOnlyList<string> Of(Workspace workspace) =>
        [.. _watcher.Seen.Where(c => (Guid)c["workspaceId"]! == workspace.Id).DistinctBy(c => (Guid)c["crossingId"]!)
            .Select(c => ((string)c["scope"]!, (int)c["threshold"]!)).Order().Select(c => $"{c.Item1} {c.Item2}")];

    public ValueTask DisposeAsync() => _watcher.DisposeAsync();
}
