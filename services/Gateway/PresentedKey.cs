using TokenSense.Contracts;

namespace TokenSense.Gateway;

/// <summary>Where each client library puts its key.</summary>
public static class PresentedKey
{
    /// <returns>The first that looks like one of ours; else the first of any kind; null where there is none.</returns>
    public static string? Of(HttpRequest request)
    {
        string? other = null;
        return Ours(Bearer(request.Headers.Authorization), ref other)
            ?? Ours(request.Headers["x-api-key"], ref other)
            ?? Ours(request.Headers["x-tokensense-key"], ref other)
            ?? Ours(request.Headers["x-goog-api-key"], ref other)
            ?? Ours(request.Query["key"], ref other)
            ?? other;
    }

    private static string? Bearer(string? header) =>
        header is not null && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim() : null;

    // Behind a forward-auth proxy, a header may carry somebody else's token beside our key.
    private static string? Ours(string? presented, ref string? other)
    {
        if (string.IsNullOrEmpty(presented)) return null;
        if (presented.StartsWith(ApiKeyFormat.Prefix, StringComparison.Ordinal)) return presented;
        other ??= presented;
        return null;
    }
}
