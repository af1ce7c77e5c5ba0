using TokenSense.Contracts;

namespace TokenSense.Enforcement;

/// <summary>A key made a moment ago may still be on its way here: a well-formed unknown one is waited for, by a bounded number of callers.</summary>
public sealed class KeyArrival(Enforcer enforcer, TimeProvider clock)
{
    public const int WaitersMax = 64;
    public static readonly TimeSpan WaitMax = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(20);
    private readonly SemaphoreSlim _places = new(WaitersMax);

    /// <summary><see cref="Enforcer.Decide(ReadOnlySpan{char}, string?, DateTimeOffset)"/>, at once for every known and every malformed key.</summary>
    public ValueTask<Decision> Decide(ReadOnlySpan<char> secret, string? project, CancellationToken ct)
    {
        if (!ApiKeyFormat.IsWellFormed(secret)) return new(Decision.Refused(Refusal.InvalidApiKey));
        var key = Hash256.Of(secret);
        return enforcer.Knows(key) || enforcer.Epoch is null || !_places.Wait(0, ct)
            ? new(enforcer.Decide(key, project, clock.GetUtcNow()))
            : Await(key, project, ct);
    }

    private async ValueTask<Decision> Await(Hash256 key, string? project, CancellationToken ct)
    {
        try
        {
            var since = clock.GetTimestamp();
            while (!enforcer.Knows(key) && clock.GetElapsedTime(since) < WaitMax) await Task.Delay(LookAgain, clock, ct);
            return enforcer.Decide(key, project, clock.GetUtcNow());
        }
        finally
        {
            _places.Release();
        }
    }
}
