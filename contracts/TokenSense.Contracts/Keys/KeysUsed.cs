namespace TokenSense.Contracts;

/// <summary>When keys were last used: at most one message per process of Metering every 5 s, for all that were used since, and per 1,000 keys of them.</summary>
/// <remarks>
/// A later time replaces an earlier one. After a crash of Metering the uses of its last seconds may be missing, until the next use of the key: usage
/// and spend are not concerned.
/// </remarks>
public sealed record KeysUsed
{
    /// <summary>1 to 1,000, each key once.</summary>
    public required IReadOnlyList<KeyLastUsed> Items { get; init; }
}

/// <param name="LastUsedAt">When the newest recorded call with it was admitted; never later than when this was told.</param>
public sealed record KeyLastUsed(Guid KeyId, DateTimeOffset LastUsedAt);
