using System.Text.Json.Nodes;
using TokenSense.Contracts;
using TokenSense.EndToEnd.Running;

namespace TokenSense.EndToEnd.Alerts;

/// <summary>Alerts of a workspace, and what makes them.</summary>
internal static class Told
{
    public static async Task<IReadOnlyList<JsonNode>> Alerts(this Workspace workspace, string query = "") =>
        [.. (await workspace.Get($"alerts?limit=200{query}"))["data"]!.AsArray().Select(a => a!)];

    public static Task<IReadOnlyList<JsonNode>> UntilAlerts(this Workspace workspace, Func<IReadOnlyList<JsonNode>, bool> isIt, string what, int secondsMax = 30) =>
        Until.Seen(() => workspace.Alerts(), isIt, what, secondsMax);

    public static Task<IReadOnlyList<JsonNode>> UntilDelivered(this Workspace workspace, int count, int secondsMax = 30) =>
        workspace.UntilAlerts(alerts => alerts.Count == count && alerts.All(a => Deliveries(a).All(d => (string)d["status"]! == "delivered")), $"{count} delivered alerts", secondsMax);

    public static IEnumerable<JsonNode> Deliveries(JsonNode alert) => alert["deliveries"]!.AsArray().Select(d => d!);

    public static async Task<(Guid Id, string Secret)> Webhook(this Workspace workspace, WebhookReceiver receiver, string path, object? more = null)
    {
        var body = new JsonObject { ["type"] = "webhook", ["name"] = $"hook {path}", ["url"] = receiver.Url(path).AbsoluteUri };
        foreach (var (name, value) in System.Text.Json.JsonSerializer.SerializeToNode(more ?? new { })!.AsObject()) body[name] = value?.DeepClone();
        var channel = await workspace.Post("channels", body);
        await receiver.Expect(path, (string)channel["secret"]!);
        return ((Guid)channel["id"]!, (string)channel["secret"]!);
    }

    /// <summary>Nothing goes to owners and admins.</summary>
    public static async Task WithoutMail(this Workspace workspace)
    {
        var owners = (await workspace.Get("channels"))["data"]!.AsArray().Single(c => (bool)c!["built_in"]!)!;
        (await workspace.Raw(HttpMethod.Patch, $"channels/{owners["id"]}", new { enabled = false })).EnsureSuccessStatusCode();
    }

    public static ThresholdCrossed Crossing(Guid workspaceId, Guid scopeId, int threshold, long version = 0, DateTimeOffset? at = null, string scope = "project") => new()
    {
        CrossingId = Guid.NewGuid(), WorkspaceId = workspaceId, Scope = scope, ScopeId = scopeId, Threshold = threshold, SpentUsd = threshold / 100m, BudgetUsd = 1, Mode = "block",
        Period = $"{DateTime.UtcNow:yyyy-MM}", CrossedAt = at ?? DateTimeOffset.UtcNow, BudgetRevision = 1, Version = version,
    };
}
