using System.Text.Json;

namespace TokenSense.Contracts;

/// <summary>A workspace's own prices after a change. A higher <see cref="Version"/> replaces a lower one.</summary>
public sealed record PricesChanged
{
    public required Guid WorkspaceId { get; init; }

    /// <summary>A list of providers in the schema of pydantic/genai-prices, whose models go before those of the price book; empty: none.</summary>
    public required JsonElement Providers { get; init; }

    /// <summary>Follows a <c>~</c> in the price version of what was priced by them.</summary>
    public required long Version { get; init; }
}
