using System.Text.Json;
using System.Text.Json.Serialization;

namespace TokenSense.Contracts;

/// <summary>What a gateway saw: 1 to 500 lines, at most 1 MiB. Taken in MassTransit's envelope or as plain JSON, camelCase or snake_case.</summary>
/// <remarks>Each line is answered for itself: one that misses a required member comes back as <see cref="UsageRejected"/>, the others count.</remarks>
public sealed record UsageReported
{
    /// <summary>The name of the reporting gateway's credential.</summary>
    public required string GatewayId { get; init; }

    public required IReadOnlyList<UsageLine> Lines { get; init; }
}

/// <summary>One call to a model, as reported.</summary>
public sealed record UsageLine
{
    /// <summary>Names the call together with <see cref="Source"/>: the same pair twice counts once. 1 to 256 characters.</summary>
    public required string Id { get; init; }

    /// <summary>Where <see cref="Id"/> is unique; the gateway's name by default.</summary>
    public string? Source { get; init; }

    /// <summary>When the call was admitted: decides the period. At most 5 minutes ahead and 90 days back; written with its offset.</summary>
    public required DateTimeOffset Time { get; init; }

    public Guid? KeyId { get; init; }

    /// <summary>Lower-case hex; one of this and <see cref="KeyId"/> is required.</summary>
    public string? KeySha256 { get; init; }

    /// <summary>The project, by slug or id, for a key that has none of its own.</summary>
    public string? Project { get; init; }

    /// <summary>An id of the price book: <c>openai</c>, <c>anthropic</c>, …</summary>
    public required string Provider { get; init; }

    public required string Model { get; init; }
    public string? ApiFlavor { get; init; }
    public required UsageCounts Usage { get; init; }

    /// <summary>USD as the gateway computed it, less than 10^9, at most 12 decimals; counts where no price exists.</summary>
    public decimal? CostUsd { get; init; }

    /// <summary>The counts are a bound or a guess, not the provider's.</summary>
    public bool? Estimated { get; init; }

    /// <summary>At most 16 pairs of 64 and 256 characters.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    public long? LatencyMs { get; init; }

    /// <summary>HTTP status of the provider's answer.</summary>
    public int? Status { get; init; }

    /// <summary>Names one run of the gateway, which counts its own usage until Budgets says that it is included; no part of what bills. See <see cref="IncludedUsage"/>.</summary>
    public Guid? GatewayEpoch { get; init; }
}

/// <summary>Tokens in the OpenTelemetry GenAI meaning: a total includes its subclasses. Each count is 0 to 10^10.</summary>
public sealed record UsageCounts
{
    /// <summary>Includes cached and audio tokens.</summary>
    public required long InputTokens { get; init; }

    /// <summary>Includes reasoning and audio tokens.</summary>
    public required long OutputTokens { get; init; }

    public long? CacheReadTokens { get; init; }
    public long? CacheWriteTokens { get; init; }
    public long? InputAudioTokens { get; init; }
    public long? CacheAudioReadTokens { get; init; }
    public long? OutputAudioTokens { get; init; }
    public long? OutputReasoningTokens { get; init; }

    /// <summary>Every other class that the price book knows, by its key: <c>cacheWrite1hTokens</c>, <c>webSearches</c>, …</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? Others { get; init; }
}
