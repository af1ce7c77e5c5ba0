using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using TokenSense.Dashboard.Pages.Shared;

namespace TokenSense.Dashboard.Pages.Audit;

/// <param name="Exact">What is told on hover; null: the text is all there is.</param>
public sealed record AuditValue(string Text, string? Exact = null);

/// <summary>Values of the audit log as people read them: times in the workspace's zone, amounts as money, projects by name.</summary>
public sealed class AuditValues(TimeZoneInfo zone, Func<Guid, string?> projectName)
{
    /// <param name="member">What the value is of, as the API names it.</param>
    public AuditValue Of(string member, JsonNode? value) => value switch
    {
        null => new(""),
        JsonArray list => new(string.Join(", ", list.Select(v => Of(member, v).Text))),
        JsonObject { Count: 2 } budget when budget["scope"] is { } scope && budget["id"] is { } id => new($"{Of("scope", scope).Text} {Of($"{scope}_id", id).Text}"),
        JsonObject whole => new(string.Join(", ", whole.Where(m => m.Value is not null).Select(m => $"{AuditWords.Named(m.Key)}: {Of(m.Key, m.Value).Text}"))),
        _ => value.GetValueKind() switch
        {
            JsonValueKind.String => OfText(member, value.GetValue<string>()),
            JsonValueKind.Number => OfNumber(member, value.ToJsonString()),
            JsonValueKind.True => new("yes"),
            JsonValueKind.False => new("no"),
            _ => new(value.ToJsonString()),
        },
    };

    private AuditValue OfText(string member, string text)
    {
        if (member == "project_id" && Guid.TryParse(text, out var id) && projectName(id) is { } name) return new(name, text);
        // A name may look like a time, and is none.
        return IsTime(member) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? new(Show.Time(at, zone), Show.Whole(at, zone)) : new(text);
    }

    private static AuditValue OfNumber(string member, string digits) =>
        member.EndsWith("_usd", StringComparison.Ordinal) && decimal.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var usd) ? new(Show.Money(usd), Show.Exact(usd))
        : member == "thresholds" ? new($"{digits} %")
        : new(digits);

    private static bool IsTime(string member) => member.EndsWith("_at", StringComparison.Ordinal) || member.EndsWith("_until", StringComparison.Ordinal);
}
