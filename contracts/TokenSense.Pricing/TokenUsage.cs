using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Serialization;

namespace TokenSense.Pricing;

/// <summary>What one model call used: counts of tokens, seconds, pages and tool calls, 0 where nothing was reported.</summary>
/// <remarks>
/// Totals include their subclasses, as in OpenTelemetry's GenAI conventions. Pricing splits them into disjoint classes.
/// In JSON only what is not zero is written, beside <c>input_tokens</c> and <c>output_tokens</c>; snake_case and camelCase are read.
/// Classes that no provider reports today have no property: <see cref="this[string]"/> and <see cref="With"/> reach them by key.
/// </remarks>
[JsonConverter(typeof(TokenUsageJson))]
public sealed partial record TokenUsage
{
    /// <summary>The most a count may be: 10^10, so that sums of costs stay exact.</summary>
    public const long CountMax = 10_000_000_000;

    /// <summary>Nothing used.</summary>
    public static readonly TokenUsage None = new();

    private Counts counts;

    /// <summary>All input tokens, cached, audio and tool tokens included.</summary>
    public long InputTokens { get => this[UsageClass.InputTokens]; init => this[UsageClass.InputTokens] = value; }
    /// <summary>All output tokens, audio and reasoning included.</summary>
    public long OutputTokens { get => this[UsageClass.OutputTokens]; init => this[UsageClass.OutputTokens] = value; }
    /// <summary>Input tokens read from a cache.</summary>
    public long CacheReadTokens { get => this[UsageClass.CacheReadTokens]; init => this[UsageClass.CacheReadTokens] = value; }
    /// <summary>Input tokens written to a cache, of any lifetime.</summary>
    public long CacheWriteTokens { get => this[UsageClass.CacheWriteTokens]; init => this[UsageClass.CacheWriteTokens] = value; }
    /// <summary>Of the tokens written to a cache, those kept for five minutes.</summary>
    public long CacheWrite5mTokens { get => this[UsageClass.CacheWrite5mTokens]; init => this[UsageClass.CacheWrite5mTokens] = value; }
    /// <summary>Of the tokens written to a cache, those kept for an hour.</summary>
    public long CacheWrite1hTokens { get => this[UsageClass.CacheWrite1hTokens]; init => this[UsageClass.CacheWrite1hTokens] = value; }
    /// <summary>Input tokens of text.</summary>
    public long InputTextTokens { get => this[UsageClass.InputTextTokens]; init => this[UsageClass.InputTextTokens] = value; }
    /// <summary>Input tokens of audio, cached ones included.</summary>
    public long InputAudioTokens { get => this[UsageClass.InputAudioTokens]; init => this[UsageClass.InputAudioTokens] = value; }
    /// <summary>Input tokens of images, cached ones included.</summary>
    public long InputImageTokens { get => this[UsageClass.InputImageTokens]; init => this[UsageClass.InputImageTokens] = value; }
    /// <summary>Input tokens of video, cached ones included.</summary>
    public long InputVideoTokens { get => this[UsageClass.InputVideoTokens]; init => this[UsageClass.InputVideoTokens] = value; }
    /// <summary>Input tokens that a tool's use put into the prompt.</summary>
    public long InputToolTokens { get => this[UsageClass.InputToolTokens]; init => this[UsageClass.InputToolTokens] = value; }
    /// <summary>Tokens of text read from a cache.</summary>
    public long CacheTextReadTokens { get => this[UsageClass.CacheTextReadTokens]; init => this[UsageClass.CacheTextReadTokens] = value; }
    /// <summary>Tokens of audio read from a cache: counted in the cached and in the audio tokens, priced once.</summary>
    public long CacheAudioReadTokens { get => this[UsageClass.CacheAudioReadTokens]; init => this[UsageClass.CacheAudioReadTokens] = value; }
    /// <summary>Tokens of images read from a cache.</summary>
    public long CacheImageReadTokens { get => this[UsageClass.CacheImageReadTokens]; init => this[UsageClass.CacheImageReadTokens] = value; }
    /// <summary>Tokens of video read from a cache.</summary>
    public long CacheVideoReadTokens { get => this[UsageClass.CacheVideoReadTokens]; init => this[UsageClass.CacheVideoReadTokens] = value; }
    /// <summary>Output tokens of reasoning.</summary>
    public long OutputReasoningTokens { get => this[UsageClass.OutputReasoningTokens]; init => this[UsageClass.OutputReasoningTokens] = value; }
    /// <summary>Output tokens of text.</summary>
    public long OutputTextTokens { get => this[UsageClass.OutputTextTokens]; init => this[UsageClass.OutputTextTokens] = value; }
    /// <summary>Output tokens of audio.</summary>
    public long OutputAudioTokens { get => this[UsageClass.OutputAudioTokens]; init => this[UsageClass.OutputAudioTokens] = value; }
    /// <summary>Output tokens of images.</summary>
    public long OutputImageTokens { get => this[UsageClass.OutputImageTokens]; init => this[UsageClass.OutputImageTokens] = value; }
    /// <summary>Output tokens of video.</summary>
    public long OutputVideoTokens { get => this[UsageClass.OutputVideoTokens]; init => this[UsageClass.OutputVideoTokens] = value; }
    /// <summary>Output tokens of citations.</summary>
    public long OutputCitationTokens { get => this[UsageClass.OutputCitationTokens]; init => this[UsageClass.OutputCitationTokens] = value; }
    /// <summary>Searches of the web by the provider's tool.</summary>
    public long WebSearches { get => this[UsageClass.WebSearches]; init => this[UsageClass.WebSearches] = value; }
    /// <summary>Searches of stored files by the provider's tool.</summary>
    public long StorageSearches { get => this[UsageClass.StorageSearches]; init => this[UsageClass.StorageSearches] = value; }
    /// <summary>Seconds of audio, in and out; a fraction counts as a second.</summary>
    public long AudioSeconds { get => this[UsageClass.AudioSeconds]; init => this[UsageClass.AudioSeconds] = value; }
    /// <summary>Seconds of audio sent in.</summary>
    public long InputAudioSeconds { get => this[UsageClass.InputAudioSeconds]; init => this[UsageClass.InputAudioSeconds] = value; }
    /// <summary>Pages of documents read.</summary>
    public long InputDocumentPages { get => this[UsageClass.InputDocumentPages]; init => this[UsageClass.InputDocumentPages] = value; }
    /// <summary>Of the pages read, those annotated.</summary>
    public long InputAnnotatedDocumentPages
    {
        get => this[UsageClass.InputAnnotatedDocumentPages];
        init => this[UsageClass.InputAnnotatedDocumentPages] = value;
    }
    /// <summary>Messages of text sent into a voice session.</summary>
    public long InputTextMessages { get => this[UsageClass.InputTextMessages]; init => this[UsageClass.InputTextMessages] = value; }

    /// <summary>A class's count by key, <c>cache_read_tokens</c> or <c>cacheReadTokens</c>; <c>requests</c> is always 1.</summary>
    /// <exception cref="KeyNotFoundException">No class has this key.</exception>
    public long this[string key] => this[(UsageClass)UsageUnits.ByKey[key].Index];

    /// <summary>The same usage with one count replaced, by the key of its class.</summary>
    /// <exception cref="KeyNotFoundException">No class has this key, or it is <c>requests</c>, which is not reported.</exception>
    public TokenUsage With(string key, long count)
    {
        var unit = UsageUnits.ByKey[key];
        if (unit.Index == (int)UsageClass.Requests) throw new KeyNotFoundException("A usage is one request; 'requests' cannot be set.");
        var copy = this with { };
        copy.counts[unit.Index] = count;
        return copy;
    }

    /// <summary>Same counts in every class.</summary>
    public bool Equals(TokenUsage? other) => other is not null && ((ReadOnlySpan<long>)counts).SequenceEqual(other.counts);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var count in (ReadOnlySpan<long>)counts) hash.Add(count);
        return hash.ToHashCode();
    }

    // A usage is one call to the provider, as in genai-prices.
    internal long this[UsageClass @class]
    {
        get => @class == UsageClass.Requests ? 1 : counts[(int)@class];
        private init => counts[(int)@class] = value;
    }

    internal ReadOnlySpan<long> AsSpan() => counts;

    private bool PrintMembers(StringBuilder text)
    {
        var used = UsageUnits.Reported.Where(u => counts[u.Index] != 0).Select(u => $"{u.Key} = {counts[u.Index]}");
        text.AppendJoin(", ", used);
        return true;
    }

    [InlineArray((int)UsageClass.Requests)]
    private struct Counts
    {
        private long first;
    }
}
