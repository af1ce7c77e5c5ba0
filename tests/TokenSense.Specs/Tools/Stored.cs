using System.Text.Json;
using TokenSense.Tools;
using TokenSense.Tools.Audit;

namespace TokenSense.Specs.Tools;

/// <summary>Events as they stand in the database: JSON text, camelCase.</summary>
internal static class Stored
{
    public static readonly Guid WorkspaceId = new("00000000-0000-0000-0000-00000000000a");
    public static readonly Guid ProjectId = new("00000000-0000-0000-0000-00000000000b");
    public static readonly Guid KeyId = new("00000000-0000-0000-0000-00000000000c");
    public static readonly DateTimeOffset At = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    public const string Period = "2026-11";

    public static readonly Place Workspace = new(Period, Place.Workspace, WorkspaceId);
    public static readonly Place Project = new(Period, Place.Project, ProjectId);
    public static readonly Place Key = new(Period, Place.Key, KeyId);
    public static readonly string ProjectStream = $"spend-project-{ProjectId}-{Period}";

    private static long _sequence;

    public static StoredEvent Event(string type, string json, string? stream = null) =>
        new(++_sequence, Guid.NewGuid(), stream ?? ProjectStream, type, At, JsonSerializer.Deserialize<JsonElement>(json));

    public static StoredEvent Accrued(string cost, string spent, string? keyCost = null, string? keySpent = null, int charges = 1) => Event("spend-accrued",
        $$"""
        {"causeId":"{{Guid.NewGuid()}}","costUsd":{{cost}},"spentUsd":{{spent}},"charges":{{charges}},
         "keys":[{"keyId":"{{KeyId}}","costUsd":{{keyCost ?? cost}},"spentUsd":{{keySpent ?? spent}}}]}
        """);

    public static StoredEvent Applied(string amount, string thresholds = "80,100", int revision = 1) =>
        Event("budget-applied", $$"""{"keyId":null,"amountUsd":{{amount}},"mode":"block","thresholds":[{{thresholds}}],"revision":{{revision}}}""");

    public static StoredEvent Crossed(int percent, string spent, string budget) =>
        Event("threshold-crossed", $$"""{"keyId":null,"percent":{{percent}},"spentUsd":{{spent}},"budgetUsd":{{budget}}}""");

    public static StoredEvent Cleared(int percent) => Event("threshold-cleared", $$"""{"keyId":null,"percent":{{percent}},"spentUsd":0,"budgetUsd":null}""");

    public static StoredEvent Recorded(params string[] lines) =>
        Event("usage-recorded", $$"""{"workspaceId":"{{WorkspaceId}}","lines":[{{string.Join(',', lines)}}]}""", $"usage-{WorkspaceId}-2026-11-23");

    public static string Line(Guid usageId, string cost = "0.0001", string rates = """[{"class":"input_tokens","units":100,"usdPerUnit":0.000001}]""", string reported = "null",
        string reporter = "gateway:gw", string run = "null") =>
        $$"""
        {"usageId":"{{usageId}}","reporter":"{{reporter}}","gatewayEpoch":{{run}},"source":"gw","id":"{{usageId:N}}","period":"{{Period}}","day":"2026-11-23","keyId":"{{KeyId}}","projectId":"{{ProjectId}}",
         "provider":"openai","model":"gpt-4o","usage":{"inputTokens":100,"outputTokens":7},"costUsd":{{cost}},"reportedCostUsd":{{reported}},
         "price":{{(rates == "null" ? "null" : $$"""{"rates":{{rates}}}""")}}}
        """;

    public static IEnumerable<string> Told(this Findings findings) => findings.Kept.Select(d => $"{d.What}: {d.Expected}, not {d.Found}");
}
