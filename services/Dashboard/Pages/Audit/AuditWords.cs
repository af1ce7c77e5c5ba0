using System.Text.Json;
using System.Text.Json.Nodes;
using TokenSense.Dashboard.Client;

namespace TokenSense.Dashboard.Pages.Audit;

/// <summary>An entry of the audit log in words.</summary>
public static class AuditWords
{
    /// <summary>The kinds of things that are changed, as the filter offers them.</summary>
    public static readonly string[] Kinds = ["workspace", "member", "invitation", "project", "key", "token", "budget", "channel", "alert", "usage"];

    /// <summary><c>key.rotated</c> as Key rotated.</summary>
    public static string Action(string action)
    {
        var words = action.Replace('.', ' ').Replace('_', ' ');
        return char.ToUpperInvariant(words[0]) + words[1..];
    }

    public static string Actor(AuditActorModel actor) => actor switch
    {
        { Name: { Length: > 0 } name } => name,
        { Email: { Length: > 0 } email } => email,
        { Type: "system" } => "TokenSense itself",
        { Type: "user" } => "Somebody who was deleted",
        _ => $"{actor.Type} {actor.Id}",
    };

    /// <summary>What changed, member by member: its name, what it was, what it is.</summary>
    public static IReadOnlyList<(string Name, string Before, string After)> Changes(AuditModel entry)
    {
        var names = (entry.After ?? []).Select(m => m.Key).Union((entry.Before ?? []).Select(m => m.Key));
        return [.. names.Select(n => (Named(n), Text(entry.Before?[n]), Text(entry.After?[n]))).Where(c => c.Item2 != c.Item3)];
    }

    private static string Named(string member) => char.ToUpperInvariant(member[0]) + member[1..].Replace('_', ' ');

    private static string Text(JsonNode? value) => value switch
    {
        null => "",
        JsonArray list => string.Join(", ", list.Select(Text)),
        JsonObject whole => string.Join(", ", whole.Select(m => $"{Named(m.Key)}: {Text(m.Value)}")),
        _ => value.GetValueKind() switch { JsonValueKind.String => value.GetValue<string>(), JsonValueKind.True => "yes", JsonValueKind.False => "no", _ => value.ToJsonString() },
    };
}
