using System.Threading.RateLimiting;

namespace TokenSense.Notifier.Channels;

/// <summary>Tests are sent to whom their sender chooses: a few a minute through a channel, some an hour in a workspace.</summary>
public sealed class TestLimits : IDisposable
{
    private readonly PartitionedRateLimiter<(Guid WorkspaceId, Guid ChannelId)> _limits = PartitionedRateLimiter.CreateChained(
        PartitionedRateLimiter.Create<(Guid WorkspaceId, Guid ChannelId), Guid>(test => Window(test.ChannelId, 5, TimeSpan.FromMinutes(1))),
        PartitionedRateLimiter.Create<(Guid WorkspaceId, Guid ChannelId), Guid>(test => Window(test.WorkspaceId, 60, TimeSpan.FromHours(1))));

    public bool Allows(Guid workspaceId, Guid channelId)
    {
        using var lease = _limits.AttemptAcquire((workspaceId, channelId));
        return lease.IsAcquired;
    }

    public void Dispose() => _limits.Dispose();

    private static RateLimitPartition<Guid> Window(Guid of, int count, TimeSpan window) =>
        RateLimitPartition.GetFixedWindowLimiter(of, _ => new FixedWindowRateLimiterOptions { PermitLimit = count, Window = window, QueueLimit = 0 });
}
