using TokenSense.Dashboard.Client;

namespace TokenSense.Dashboard.Pages.Shared;

/// <summary>The pages of a list that somebody has asked for so far.</summary>
public sealed class Listing<T>
{
    private const int Size = 50;
    private readonly List<T> _items = [];
    private int _count;

    public IReadOnlyList<T> Items => _items;

    /// <summary>The next page's cursor; null on the last.</summary>
    public string? Next { get; private set; }

    /// <summary>Reads as many pages as there were: what changed in them is seen, and nobody loses their place.</summary>
    /// <param name="read">Asked for <c>limit</c> and <c>cursor</c>.</param>
    public static async Task<Listing<T>> Again(Listing<T>? before, Func<string, CancellationToken, Task<ListOf<T>>> read, CancellationToken ct)
    {
        var listing = new Listing<T>();
        do await listing.More(read, ct); while (listing.Next is not null && listing._count < before?._count);
        return listing;
    }

    public async Task More(Func<string, CancellationToken, Task<ListOf<T>>> read, CancellationToken ct)
    {
        var page = await read($"limit={Size}{(Next is { } next ? $"&cursor={Uri.EscapeDataString(next)}" : "")}", ct);
        _items.AddRange(page.Data);
        (Next, _count) = (page.NextCursor, _count + 1);
    }
}
