using System.Text.Json;
using System.Text.Json.Nodes;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;

namespace TokenSense.Notifier.Channels;

/// <summary>A notice as CloudEvents 1.0 in structured JSON: the same bytes at every retry.</summary>
public static class WebhookEvent
{
    public const string ContentType = "application/cloudevents+json";
    public const string Raised = "tokensense.alert.raised.v1", Test = "tokensense.alert.test.v1";

    public static byte[] Of(Notice notice)
    {
        var (alert, wording) = (notice.Alerts[0], AlertWording.Of(notice));
        var data = Row(alert, wording);
        data["also"] = new JsonArray([.. notice.Alerts.Skip(1).Select(a => Row(a, AlertWording.Of(notice with { Alerts = [a] })))]);
        data["workspace"] = Node(new { id = notice.WorkspaceId, slug = notice.WorkspaceSlug, name = notice.WorkspaceName });
        data["text"] = $"{wording.What} {wording.Effect} {wording.Advice}";
        data["link"] = wording.Links[0].Address.AbsoluteUri;
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            specversion = "1.0",
            id = notice.MessageId,
            source = $"/workspaces/{notice.WorkspaceId}",
            type = alert.Kind == AlertKind.Test ? Test : Raised,
            time = alert.At.UtcDateTime,
            subject = $"{alert.Scope}/{alert.ScopeId?.ToString() ?? Shown.Line(alert.ScopeName, 200)}",
            datacontenttype = "application/json",
            data,
        }, Service.Json);
    }

    // The members of the management API's list of alerts, as far as a receiver may know them, and what the budget does.
    private static JsonObject Row(AlertFacts alert, AlertWording wording) => Node(new
    {
        alert.Id, alert.Kind, wording.Title, Detail = $"{wording.What} {wording.Effect}", wording.Advice, Reason = alert.Detail, alert.Threshold, alert.Scope, alert.ScopeId, alert.ScopeName, alert.Mode, alert.Period, alert.SpentUsd, alert.BudgetUsd,
        CrossedAt = alert.At.UtcDateTime, alert.CrossedBy, ResetsAt = alert.ResetsAt?.UtcDateTime, ResolvedAt = alert.ResolvedAt?.UtcDateTime,
    });

    private static JsonObject Node<T>(T value) => JsonSerializer.SerializeToNode(value, Service.Json)!.AsObject();
}
