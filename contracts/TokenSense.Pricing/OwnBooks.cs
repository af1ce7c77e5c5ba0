using System.Collections.Concurrent;
using System.Text.Json;

namespace TokenSense.Pricing;

/// <summary>The price book of each workspace with prices of its own, made once for each version of them. Safe to use from any thread.</summary>
public sealed class OwnBooks(PriceBook book)
{
    private readonly ConcurrentDictionary<Guid, (long Version, PriceBook Book)> known = new();

    /// <summary>What counts where a workspace has none.</summary>
    public PriceBook Default => book;

    /// <summary>The one of this version; null: it is not made yet.</summary>
    public PriceBook? Find(Guid workspaceId, long version) =>
        known.TryGetValue(workspaceId, out var held) && held.Version == version ? held.Book : null;

    /// <summary>Makes it; no prices at all: <see cref="Default"/>.</summary>
    /// <param name="workspaceId">Whose.</param>
    /// <param name="version">Of its prices.</param>
    /// <param name="accepted">As <see cref="OwnPrices.Accept"/> returned them.</param>
    /// <exception cref="FormatException">They cannot be read.</exception>
    public PriceBook Make(Guid workspaceId, long version, JsonElement accepted)
    {
        var own = OwnPrices.Read(accepted);
        return Keep(workspaceId, version, own.IsEmpty ? book : book.With(own, version));
    }

    /// <summary>Of this version this one counts.</summary>
    public PriceBook Keep(Guid workspaceId, long version, PriceBook counts)
    {
        known[workspaceId] = (version, counts);
        return counts;
    }
}
