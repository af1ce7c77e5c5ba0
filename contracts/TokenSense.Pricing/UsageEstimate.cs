namespace TokenSense.Pricing;

/// <summary>The usage of a call that nobody reported, from the bytes that went both ways.</summary>
public static class UsageEstimate
{
    /// <summary>UTF-8 bytes taken for one token.</summary>
    /// <remarks>3 and not the usual 4: English prose is near 4, but code, JSON and most other languages need more tokens for a byte.</remarks>
    public const int BytesPerToken = 3;

    /// <summary>A token for every three bytes begun: at least 1 of input, at most <see cref="TokenUsage.CountMax"/> of each.</summary>
    /// <param name="requestBytes">Size of the request's body.</param>
    /// <param name="outputBytes">Size of what was generated, as <see cref="StreamedUsage.OutputBytes"/> counts it; 0 for embeddings.</param>
    public static TokenUsage Of(long requestBytes, long outputBytes) =>
        new() { InputTokens = Math.Max(1, Tokens(requestBytes)), OutputTokens = Tokens(outputBytes) };

    private static long Tokens(long bytes) =>
        Math.Clamp(bytes / BytesPerToken + (bytes % BytesPerToken > 0 ? 1 : 0), 0, TokenUsage.CountMax);
}
