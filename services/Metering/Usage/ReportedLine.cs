using System.Globalization;
using TokenSense.Pricing;

namespace TokenSense.Metering.Usage;

/// <summary>A line as it was reported, every member checked. Nothing that was missing reads as zero.</summary>
public sealed record ReportedLine
{
    public required string Id { get; init; }
    public required string? Source { get; init; }
    public required DateTimeOffset Time { get; init; }
    public required Guid? KeyId { get; init; }
    public required string? KeySha256 { get; init; }
    public required string? Project { get; init; }
    public required string Provider { get; init; }
    public required string Model { get; init; }
    public required string? ApiFlavor { get; init; }
    public required TokenUsage Usage { get; init; }
    public required decimal? CostUsd { get; init; }
    public required bool Estimated { get; init; }
    public required IReadOnlyDictionary<string, string>? Metadata { get; init; }
    public required long? LatencyMs { get; init; }
    public required int? Status { get; init; }

    /// <summary>The gateway's run: whose count holds the call, not what bills.</summary>
    public required Guid? GatewayEpoch { get; init; }

    /// <summary>How the line names its key: the hash, else the id.</summary>
    public string? KeyRef => KeySha256 ?? KeyId?.ToString();

    /// <summary>What bills: the same name with the same content is a duplicate, with other content a conflict.</summary>
    public byte[] ContentHash(Guid keyId, Guid? projectId)
    {
        var content = new List<string>
        {
            Time.UtcTicks.ToString(CultureInfo.InvariantCulture), keyId.ToString("N"), projectId?.ToString("N") ?? "", Provider, Model, ApiFlavor ?? "",
            // Trailing zeros do not change an amount.
            CostUsd is { } cost ? (cost / 1.000000000000000000000000000000000m).ToString(CultureInfo.InvariantCulture) : "",
            Estimated ? "1" : "",
        };
        foreach (var (key, count) in Usage.ByClass().OrderBy(c => c.Key, StringComparer.Ordinal))
            content.AddRange([key, count.ToString(CultureInfo.InvariantCulture)]);
        return UsageName.Of([.. content]).ToByteArray(bigEndian: true);
    }
}

/// <summary>Why a line does not count.</summary>
public sealed record LineProblem(string Code, string Message);

public static class LineCodes
{
    public const string InvalidLine = "INVALID_LINE";
    public const string InvalidUsage = "INVALID_USAGE";
    public const string TimeOutOfRange = "TIME_OUT_OF_RANGE";
    public const string ProjectMismatch = "PROJECT_MISMATCH";
    public const string UnknownProject = "UNKNOWN_PROJECT";
    public const string KeyMismatch = "KEY_MISMATCH";
    public const string UnknownKey = "UNKNOWN_KEY";
    public const string NotRecordable = "NOT_RECORDABLE";
    public const string Conflict = "USAGE_CONFLICT";
    public const string TooManyLines = "TOO_MANY_LINES";
    public const string Forbidden = "FORBIDDEN";
}
