using System.Text.Json.Nodes;
using TokenSense.Dashboard.Client;

namespace TokenSense.Dashboard.Pages.Audit;

/// <summary>An entry of the audit log in words.</summary>
public static class AuditWords
{
    /// <summary>The kinds of things that are changed in a workspace, as the filter offers them: the first words of the services' actions.</summary>
    public static readonly string[] Kinds = ["workspace", "member", "invitation", "project", "key", "token", "budget", "prices", "channel", "alert", "kept_line"];

    /// <summary><c>key.rotated</c> as Key rotated.</summary>
    public static string Action(string action) => Named(action.Replace('.', ' ').Replace("kept_line", "usage kept aside", StringComparison.Ordinal));

    public static string Actor(AuditActorModel actor) => actor switch
    {
        { Name: { Length: > 0 } name } => name,
        { Email: { Length: > 0 } email } => email,
        { Type: "system" } => "TokenSense itself",
        { Type: "user" } => "Somebody who was deleted",
        _ => $"{actor.Type} {actor.Id}",
    };

    /// <summary>What changed, member by member: its name, what it was, what it is.</summary>
    /// <param name="entry">As the API tells it.</param>
    /// <param name="zone">The workspace's.</param>
    /// <param name="projectName">What a project is called; null: not known.</param>
    public static IReadOnlyList<AuditChange> Changes(AuditModel entry, TimeZoneInfo zone, Func<Guid, string?> projectName)
    {
        var values = new AuditValues(zone, projectName);
        var names = (entry.After ?? []).Select(m => m.Key).Union((entry.Before ?? []).Select(m => m.Key));
        return [.. names.Where(n => !JsonNode.DeepEquals(entry.Before?[n], entry.After?[n]))
            .Select(n => new AuditChange(n == "project_id" ? "Project" : Named(n), values.Of(n, entry.Before?[n]), values.Of(n, entry.After?[n])))];
    }

    /// <summary><c>time_zone</c> as Time zone; a model's name as it is.</summary>
    public static string Named(string member) => member.Any(c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('_' or ' ')) ? member
        : char.ToUpperInvariant(member[0]) + member[1..].Replace('_', ' ').Replace(" usd", " (USD)", StringComparison.Ordinal);
}

public sealed record AuditChange(string Name, AuditValue Before, AuditValue After);
