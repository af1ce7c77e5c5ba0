using System.Globalization;
using System.Reflection;

namespace TokenSense.Metering;

/// <summary>A list's answer: <c>next_cursor</c> is null on the last page.</summary>
public sealed record Page<T>(IReadOnlyList<T> Data, string? NextCursor);

/// <summary><c>?limit=1..200&amp;cursor=</c> of a list that goes back in time. A cursor is the last row's time and id, so that rows of one time are
/// neither shown twice nor left out, whatever comes in meanwhile.</summary>
public sealed record Paging(int Limit, DateTimeOffset? BeforeTime, Guid BeforeId, IReadOnlyDictionary<string, string[]> Errors)
{
    private const int LimitDefault = 50;
    private const int LimitMax = 200;

    /// <summary>What a query must ask for: one more than shown tells whether there is a next page.</summary>
    public int Take => Limit + 1;

    public static ValueTask<Paging> BindAsync(HttpContext http, ParameterInfo _)
    {
        var errors = new Dictionary<string, string[]>();
        var limit = LimitDefault;
        if (http.Request.Query["limit"].ToString() is { Length: > 0 } given
            && !(int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= LimitMax))
            errors["limit"] = [$"must be a whole number from 1 to {LimitMax}"];
        DateTimeOffset? time = null;
        var id = Guid.Empty;
        if (http.Request.Query["cursor"].ToString() is { Length: > 0 } cursor && !TryRead(cursor, out time, out id))
            errors["cursor"] = ["must be the next_cursor of an earlier answer"];
        return ValueTask.FromResult(new Paging(limit, time, id, errors));
    }

    public Page<T> Of<T>(List<T> found, Func<T, (DateTimeOffset Time, Guid Id)> place)
    {
        if (found.Count <= Limit) return new(found, null);
        var (time, id) = place(found[Limit - 1]);
        return new(found[..Limit], string.Create(CultureInfo.InvariantCulture, $"{time.UtcTicks}-{id:N}"));
    }

    private static bool TryRead(string cursor, out DateTimeOffset? time, out Guid id)
    {
        (time, id) = (null, Guid.Empty);
        if (cursor.Split('-') is not [var at, var name] || !Guid.TryParseExact(name, "N", out id)
            || !long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) || ticks > DateTimeOffset.MaxValue.UtcTicks) return false;
        time = new DateTimeOffset(ticks, TimeSpan.Zero);
        return true;
    }
}
