using System.Collections.Concurrent;
using System.Diagnostics;

namespace TokenSense.Benchmarks;

/// <summary>What one run did. Rates count batches.</summary>
/// <param name="Written">Committed a second while the writers ran.</param>
/// <param name="Relayed">A second until the relay had read the last of them.</param>
/// <param name="EventsRelayed">Events a second, over the same time.</param>
/// <param name="LagMs">Median from the commit of a batch to the subscription, under full load.</param>
/// <param name="BytesEach">On disk, for each batch.</param>
internal sealed record Sample(double Written, double Relayed, double EventsRelayed, double LagMs, double BytesEach)
{
    /// <param name="unit">What is counted, in the singular: so many of it are in a batch.</param>
    public static IEnumerable<Row> Compare(string name, Sample one, Sample other, int inBatch, string unit) =>
    [
        new(name, "committed", one.Written * inBatch, other.Written * inBatch, $"{unit}s/s"),
        new(name, "committed and relayed", one.Relayed * inBatch, other.Relayed * inBatch, $"{unit}s/s"),
        new(name, "relayed", one.EventsRelayed, other.EventsRelayed, "events/s"),
        new(name, "commit to subscription, median", one.LagMs, other.LagMs, "ms"),
        new(name, "events, indexes, claims on disk", one.BytesEach / inBatch, other.BytesEach / inBatch, $"bytes/{unit}"),
    ];
}

internal static class Load
{
    public const int Writers = 4;
    private const int Rounds = 5;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.8);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(1.2);

    /// <summary>Both sides in turn, so that a noisy neighbour disturbs both; medians.</summary>
    /// <param name="one">A store, and what writes one batch of a writer to it and returns the batch's name.</param>
    /// <param name="other">The baseline.</param>
    public static async Task<(Sample One, Sample Other)> Compare(
        (BenchStore Store, Func<int, Task<Guid>> Write) one, (BenchStore Store, Func<int, Task<Guid>> Write) other)
    {
        await Run(one.Store, one.Write, WarmUp);
        await Run(other.Store, other.Write, WarmUp);
        var (ones, others) = (new List<Sample>(), new List<Sample>());
        for (var round = 0; round < Rounds; round++)
        {
            ones.Add(await Run(one.Store, one.Write, Duration));
            others.Add(await Run(other.Store, other.Write, Duration));
        }
        return (Median(ones), Median(others));
    }

    public static double Median(IEnumerable<double> values) => values.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : 0;

    private static async Task<Sample> Run(BenchStore store, Func<int, Task<Guid>> write, TimeSpan duration)
    {
        var (bytes, events) = (await store.Bytes(), await store.LastEvent());
        store.Relay.ArrivedAt.Clear();
        var committed = new ConcurrentDictionary<Guid, long>();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            while (clock.Elapsed < duration) committed[await write(writer)] = Stopwatch.GetTimestamp();
        })));
        var written = clock.Elapsed.TotalSeconds;
        var last = await store.LastEvent();
        await store.Relay.Drain(last);
        var relayed = clock.Elapsed.TotalSeconds;
        var lag = Median(committed.Select(c => Math.Max(0, Stopwatch.GetElapsedTime(c.Value, store.Relay.ArrivedAt[c.Key]).TotalMilliseconds)));
        return new Sample(committed.Count / written, committed.Count / relayed, (last - events) / relayed, lag, (await store.Bytes() - bytes) / (double)committed.Count);
    }

    private static Sample Median(IReadOnlyList<Sample> samples) => new(
        Median(samples.Select(s => s.Written)), Median(samples.Select(s => s.Relayed)), Median(samples.Select(s => s.EventsRelayed)),
        Median(samples.Select(s => s.LagMs)), Median(samples.Select(s => s.BytesEach)));
}
