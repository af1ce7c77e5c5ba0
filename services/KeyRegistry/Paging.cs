using System.Globalization;
using System.Reflection;

namespace TokenSense.KeyRegistry;

/// <summary>A list's answer: <c>next_cursor</c> is null on the last page.</summary>
public sealed record Page<T>(IReadOnlyList<T> Data, string? NextCursor);

/// <summary><c>?limit=1..200&amp;cursor=</c>: lists are in the order of their ids, which is that of their making; a cursor is the last id seen.</summary>
public sealed record Paging(int Limit, Guid After, IReadOnlyDictionary<string, string[]> Errors)
{
    private const int LimitDefault = 50;
    private const int LimitMax = 200;

    public bool IsValid => Errors.Count == 0;

    /// <summary>What a query must ask for: one more than shown tells whether there is a next page.</summary>
    public int Take => Limit + 1;

    public static ValueTask<Paging> BindAsync(HttpContext http, ParameterInfo _)
    {
        var errors = new Dictionary<string, string[]>();
        var (limit, after) = (LimitDefault, Guid.Empty);
        if (http.Request.Query["limit"].ToString() is { Length: > 0 } given
            && !(int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= LimitMax))
            errors["limit"] = [$"must be a whole number from 1 to {LimitMax}"];
        if (http.Request.Query["cursor"].ToString() is { Length: > 0 } cursor && !Guid.TryParse(cursor, out after))
            errors["cursor"] = ["must be the next_cursor of an earlier answer"];
        return ValueTask.FromResult(new Paging(limit, after, errors));
    }

    public Page<TView> Of<T, TView>(IReadOnlyList<T> found, Func<T, Guid> id, Func<T, TView> view) =>
        new([.. found.Take(Limit).Select(view)], found.Count > Limit ? id(found[Limit - 1]).ToString() : null);
}
