using TokenSense.Dashboard.Client;

namespace TokenSense.Dashboard.Pages.Shared;

/// <summary>Where an alert is, and where something can be done about it.</summary>
public static class AlertLink
{
    public static string Of(WorkspaceModel workspace, AlertModel alert) => $"{workspace.Page}/alerts/{alert.Id}";

    public static (string Href, string Words)? ToCause(WorkspaceModel workspace, AlertModel alert) => (alert.Kind, alert.Scope) switch
    {
        ("budget_threshold", "workspace") => ($"{workspace.Page}/settings/general", "Workspace budget"),
        ("budget_threshold", "project") => ($"{workspace.Page}/settings/projects", "Project's budget"),
        ("budget_threshold", "key") => ($"{workspace.Page}/settings/keys", "Key's budget"),
        ("unpriced_model", _) => ($"{workspace.Page}/settings/prices", "Prices"),
        ("channel_failing", _) => ($"{workspace.Page}/settings/channels", "Alert channels"),
        ("usage_conflict" or "usage_rejected", _) => ($"{workspace.Page}/usage?view=kept", "What was kept aside"),
        _ => null,
    };

    /// <summary>The usage that it is about, in the month that it is about.</summary>
    public static string? ToUsage(WorkspaceModel workspace, AlertModel alert)
    {
        if (alert.Kind is not ("budget_threshold" or "unpriced_model") || alert.Period is not { } period) return null;
        var first = DateOnly.ParseExact(period + "-01", "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        var what = (alert.Scope, alert.ScopeId) switch
        {
            ("project", { } id) => $"&project={id}",
            ("key", { } id) => $"&key={id}",
            ("model", _) => $"&model={Uri.EscapeDataString(ModelOf(alert.ScopeName))}",
            _ => "",
        };
        return $"{workspace.Page}/usage?range=custom&from={first:yyyy-MM-dd}&to={first.AddMonths(1).AddDays(-1):yyyy-MM-dd}{what}";
    }

    // Named with its provider: openai/gpt-4o.
    private static string ModelOf(string name) => name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..];
}
