namespace TokenSense.Pricing;

// In the order of the rows of UsageUnits.All: a class's value is its unit's index and its place in TokenUsage.
// Requests comes last: it has no place there, a usage is one request.
internal enum UsageClass
{
    InputTokens, CacheReadTokens, CacheWriteTokens, InputAudioTokens, InputImageTokens, InputTextTokens, InputToolTokens,
    InputVideoTokens, CacheAudioReadTokens, CacheAudioWriteTokens, CacheImageReadTokens, CacheImageWriteTokens,
    CacheTextReadTokens, CacheTextWriteTokens, CacheVideoReadTokens, CacheVideoWriteTokens, CacheWrite1hTokens,
    CacheWrite5mTokens, InputAudioToolTokens, InputImageToolTokens, InputTextToolTokens, InputVideoToolTokens,
    CacheAudioWrite1hTokens, CacheAudioWrite5mTokens, CacheImageWrite1hTokens, CacheImageWrite5mTokens, CacheTextWrite1hTokens,
    CacheTextWrite5mTokens, CacheVideoWrite1hTokens, CacheVideoWrite5mTokens, OutputTokens, OutputAudioTokens,
    OutputCitationTokens, OutputImageTokens, OutputReasoningTokens, OutputTextTokens, OutputVideoTokens,
    OutputAudioCitationTokens, OutputAudioReasoningTokens, OutputImageCitationTokens, OutputImageReasoningTokens,
    OutputTextCitationTokens, OutputTextReasoningTokens, OutputVideoCitationTokens, OutputVideoReasoningTokens, CodeExecutions,
    SocialSearches, StorageSearches, WebSearches, InputAudioSeconds, OutputAudioSeconds, AudioSeconds, InputDocumentPages,
    InputAnnotatedDocumentPages, InputTextMessages, InputCharacters, InputPixels, RerankSearches, Requests,
}
