using System.Text.Json.Nodes;

namespace TokenSense.ServiceDefaults.Audit;

/// <summary>One change: who made it, what it changed, from what to what, when and from where.</summary>
/// <param name="Id">The stored event's.</param>
/// <param name="At">When it was stored, by the database's clock.</param>
/// <param name="Action">What happened, as in <c>project.created</c>.</param>
/// <param name="From">The network address; null where there was none (a service's own change), or once it is erased.</param>
/// <param name="Before">The members that changed, as they were; null where there was nothing.</param>
/// <param name="After">The same members, as they are since; null where there is nothing any more.</param>
public sealed record AuditEntry(
    Guid Id, DateTimeOffset At, string Action, AuditSubject Subject, AuditActor Actor, string? From, JsonObject? Before, JsonObject? After);

/// <summary>What was changed.</summary>
/// <param name="Name">As it was called then; of a person, as they are called now.</param>
public sealed record AuditSubject(string Type, string Id, string? Name);

/// <summary>Who changed it.</summary>
/// <param name="Type"><c>user</c>, <c>token</c>, <c>gateway</c>, <c>key</c>, or <c>system</c> for a service of this installation.</param>
/// <param name="Name">Null where nobody is known by this id any more.</param>
/// <param name="Email">A person's.</param>
public sealed record AuditActor(string Type, string Id, string? Name = null, string? Email = null)
{
    private static readonly string[] Callers = ["user", "token", "gateway", "key"];

    /// <summary>From the name that stands in events (<see cref="Access.Caller.Actor"/>).</summary>
    public static AuditActor Of(string? by) =>
        by?.Split(':', 2) is [var type, var id] && Callers.Contains(type) ? new(type, id) : new("system", by ?? "system");

    /// <summary>The names in events that a filter means: <c>user:{id}</c> as it is, an id alone as whoever's it is.</summary>
    public static string[] NamesOf(string filter) => Guid.TryParse(filter, out var id) ? [.. Callers.Select(type => $"{type}:{id}")] : [filter];
}

/// <summary>A list's answer: <c>next_cursor</c> is null on the last page.</summary>
public sealed record AuditPage(IReadOnlyList<AuditEntry> Data, string? NextCursor)
{
    /// <summary>Joins pages that were asked for with the same limit and cursor: nothing that belongs between two entries is missing.</summary>
    public static AuditPage Merge(IReadOnlyCollection<AuditPage> pages, int limit)
    {
        // The newest of all are among the newest of each.
        var merged = pages.SelectMany(p => p.Data).OrderByDescending(e => e.At).ThenByDescending(e => e.Id).ToList();
        var hasMore = merged.Count > limit || pages.Any(p => p.NextCursor is not null);
        if (merged.Count > limit) merged.RemoveRange(limit, merged.Count - limit);
        return new(merged, hasMore ? AuditCursor.Of(merged[^1]).ToString() : null);
    }
}

/// <summary>A person's name and mail, as they are known now; null once they are erased.</summary>
public sealed record AuditPerson(Guid Id, string? Name, string? Email);

/// <summary>What <c>GET audit/people</c> answers.</summary>
public sealed record AuditPeople(IReadOnlyList<AuditPerson> Data);
