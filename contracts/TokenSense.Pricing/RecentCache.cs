using System.Collections.Concurrent;

namespace TokenSense.Pricing;

// Names come from outside, so what is remembered is bounded: a full generation becomes the old one, and what is not asked for
// again goes with it. Holds at most twice the size of a generation.
internal sealed class RecentCache<TKey, TValue>(int generationSize)
    where TKey : notnull
{
    private readonly Lock turning = new();
    private ConcurrentDictionary<TKey, TValue> recent = new();
    private ConcurrentDictionary<TKey, TValue> old = new();
    private int added;

    public TValue GetOrAdd(TKey key, Func<TKey, TValue> make)
    {
        if (recent.TryGetValue(key, out var value)) return value;
        if (!old.TryGetValue(key, out value)) value = make(key);
        if (Interlocked.Increment(ref added) > generationSize)
            lock (turning)
                if (added > generationSize) (old, recent, added) = (recent, new(), 1);
        recent[key] = value;
        return value;
    }
}
