using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace TokenSense.ServiceDefaults.Audit;

/// <summary><c>?from&amp;to&amp;actor&amp;action&amp;subject&amp;limit=1..200&amp;cursor</c>: which changes, newest first. Read in the same way by the front door and by each service.</summary>
/// <param name="From">A time, or a day of the workspace's.</param>
/// <param name="Actor"><c>user:{id}</c>, or an id alone.</param>
/// <param name="Action"><c>key.rotated</c>, or <c>key</c> for all that begin so.</param>
/// <param name="Subject">The id of what was changed.</param>
/// <param name="Workspace">The operator's choice; null: what belongs to no workspace.</param>
public sealed record AuditQuery(
    string? From, string? To, string? Actor, string? Action, Guid? Subject, Guid? Workspace, int Limit, AuditCursor? Cursor,
    SortedDictionary<string, string[]> Errors)
{
    public const int LimitDefault = 50, LimitMax = 200;
    private const int TextLengthMax = 100;

    public static ValueTask<AuditQuery> BindAsync(HttpContext http, ParameterInfo _) => ValueTask.FromResult(Read(http.Request.Query));

    private static AuditQuery Read(IQueryCollection given)
    {
        var errors = new SortedDictionary<string, string[]>(StringComparer.Ordinal);
        var limit = LimitDefault;
        if (Text("limit") is { } count && !(int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= LimitMax))
            errors["limit"] = [$"must be a whole number from 1 to {LimitMax}"];
        AuditCursor? cursor = null;
        if (Text("cursor") is { } place && !AuditCursor.TryRead(place, out cursor)) errors["cursor"] = ["must be the next_cursor of an earlier answer"];
        return new(Text("from"), Text("to"), Text("actor"), Text("action"), Id("subject"), Id("workspace"), limit, cursor, errors);

        Guid? Id(string name)
        {
            if (Text(name) is not { } text) return null;
            if (Guid.TryParse(text, out var id)) return id;
            errors[name] = ["must be an id"];
            return null;
        }

        string? Text(string name)
        {
            if (given[name].ToString() is not { Length: > 0 } text) return null;
            if (text.Length <= TextLengthMax && !text.Contains('\0')) return text;
            errors[name] = [$"must be at most {TextLengthMax} characters"];
            return null;
        }
    }
}

/// <summary>The place of an entry in the log: its time, then its id, so that entries of one time are neither shown twice nor left out.</summary>
public sealed record AuditCursor(DateTimeOffset At, Guid Id)
{
    public static AuditCursor Of(AuditEntry entry) => new(entry.At, entry.Id);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At.UtcTicks}-{Id:N}");

    public static bool TryRead(string text, out AuditCursor? cursor)
    {
        cursor = null;
        if (text.Split('-') is not [var at, var name] || !Guid.TryParseExact(name, "N", out var id)
            || !long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) || ticks > DateTimeOffset.MaxValue.UtcTicks) return false;
        cursor = new(new DateTimeOffset(ticks, TimeSpan.Zero), id);
        return true;
    }
}
