using TokenSense.Contracts;
using TokenSense.Notifier.Channels;

namespace TokenSense.Specs.Notifier;

/// <summary>Notices as the Notifier's core hands them to channels.</summary>
internal static class Notices
{
    public static readonly Guid MessageId = new("01000000-0000-7000-8000-000000000001");
    public static readonly Guid AlertId = new("01000000-0000-7000-8000-000000000002");
    public static readonly Guid OtherAlertId = new("01000000-0000-7000-8000-000000000003");
    public static readonly Guid ProjectId = new("01000000-0000-7000-8000-000000000004");
    public static readonly Guid WorkspaceId = new("01000000-0000-7000-8000-000000000005");

    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
    private static readonly DateTimeOffset At = new(2026, 11, 23, 12, 5, 9, TimeSpan.Zero);

    public static Notice Of(params AlertFacts[] alerts) =>
        new(MessageId, WorkspaceId, "Acme", "acme", Berlin, alerts, new Uri("https://console.example.com"));

    public static Notice InWorkspace(string name, params AlertFacts[] alerts) => Of(alerts) with { WorkspaceName = name };

    public static AlertFacts Reached(
        int threshold, decimal spent = 5.080075m, decimal budget = 5.08m, string mode = "block", string scope = "project", string name = "Client A",
        UsageReference? by = null, Guid? id = null) =>
        new(id ?? AlertId, AlertKind.BudgetThreshold, threshold, scope, ProjectId, name, mode, "2026-11", spent, budget, At,
            new DateTimeOffset(2026, 11, 30, 23, 0, 0, TimeSpan.Zero), by ?? new("my-gateway", "req-1"), null);

    public static AlertFacts Other(string kind, string scope = "gateway", string name = "edge-1", string? detail = null) =>
        new(AlertId, kind, null, scope, null, name, null, null, null, null, At, null, null, detail);
}
