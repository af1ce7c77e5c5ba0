using System.Threading.RateLimiting;
using TokenSense.Enforcement;

namespace TokenSense.Gateway.Proxy;

/// <summary>How many calls an API key may make in a minute, where the operator said so: counted from its first call on, minute by minute.</summary>
/// <remarks>Only good keys get here, and one that has been idle for its minute takes no memory.</remarks>
public sealed class RateLimit(GatewaySettings settings) : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly PartitionedRateLimiter<Guid>? _calls = settings.RateLimitPerMinute is not { } limit ? null
        : PartitionedRateLimiter.Create<Guid, Guid>(keyId => RateLimitPartition.GetFixedWindowLimiter(
            keyId, _ => new FixedWindowRateLimiterOptions { PermitLimit = limit, Window = Minute, QueueLimit = 0 }));

    /// <param name="keyId">Whose call; empty: nobody's, which is refused elsewhere.</param>
    /// <returns>Null: it may go on.</returns>
    public Refusal? Refuse(Guid keyId)
    {
        if (_calls is null || keyId == Guid.Empty) return null;
        using var lease = _calls.AttemptAcquire(keyId);
        if (lease.IsAcquired) return null;
        var left = lease.TryGetMetadata(MetadataName.RetryAfter, out var time) ? time : Minute;
        return new(429, "RATE_LIMITED", $"This API key may make {settings.RateLimitPerMinute} calls a minute.", "rate_limit_error")
        {
            LimitPerMinute = settings.RateLimitPerMinute, RetryAfterSeconds = Math.Max(1, (int)Math.Ceiling(left.TotalSeconds)),
        };
    }

    public void Dispose() => _calls?.Dispose();
}
