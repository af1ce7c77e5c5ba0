namespace TokenSense.Gateway;

/// <summary><c>Gateway__…</c>: every bound of the proxy.</summary>
public sealed record GatewaySettings
{
    /// <summary>The largest request body; larger ones get 413.</summary>
    public long RequestBytesMax { get; init; } = 32 * 1024 * 1024;

    /// <summary>The largest answer that is not a stream.</summary>
    public long AnswerBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>What a call's output is taken for until it ends, where the client gave no bound.</summary>
    public long OutputTokensAssumed { get; init; } = 1_024;

    /// <summary>How long a call waits while those under way may use up the budget (product decision 5).</summary>
    public double SettleWaitSeconds { get; init; } = 5;

    /// <summary>How long an answer is still read for its usage once its client has left.</summary>
    public double DrainSeconds { get; init; } = 60;

    /// <summary>The longest call, streams included.</summary>
    public double CallSecondsMax { get; init; } = 3_600;

    /// <summary>How many calls an API key may make in a minute; null: as many as it likes.</summary>
    public int? RateLimitPerMinute { get; init; }

    public string? JournalFolder { get; init; }

    /// <summary>What waits for the broker; a call takes about 770 bytes. Full, new calls get 503.</summary>
    public long JournalBytesMax { get; init; } = 2L << 30;

    /// <summary>False: an admission is safe from the death of the process, not from that of the machine.</summary>
    public bool JournalSync { get; init; } = true;

    public static GatewaySettings Of(IConfiguration settings)
    {
        var read = settings.GetSection("Gateway").Get<GatewaySettings>() ?? new();
        void Check(bool holds, string name, string must) { if (!holds) throw new InvalidOperationException($"Gateway__{name} must be {must}."); }
        Check(read.RequestBytesMax is >= 1_024 and <= 1L << 30, nameof(RequestBytesMax), "1024 to 2^30");
        Check(read.AnswerBytesMax is >= 1_024 and <= 1L << 30, nameof(AnswerBytesMax), "1024 to 2^30");
        Check(read.OutputTokensAssumed is >= 1 and <= 10_000_000, nameof(OutputTokensAssumed), "1 to 10000000");
        Check(read.SettleWaitSeconds is >= 0 and <= 300, nameof(SettleWaitSeconds), "0 to 300");
        Check(read.DrainSeconds is >= 0 and <= 3_600, nameof(DrainSeconds), "0 to 3600");
        Check(read.CallSecondsMax is >= 1 and <= 86_400, nameof(CallSecondsMax), "1 to 86400");
        Check(read.RateLimitPerMinute is null or (>= 1 and <= 1_000_000), nameof(RateLimitPerMinute), "1 to 1000000, or unset");
        Check(read.JournalBytesMax >= 16 * 1024 * 1024, nameof(JournalBytesMax), "at least 16777216");
        return read;
    }
}
