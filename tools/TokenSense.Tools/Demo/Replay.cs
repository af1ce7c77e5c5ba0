using System.Collections.Immutable;
using System.Diagnostics;

namespace TokenSense.Tools.Demo;

/// <summary>Makes a trace's calls as the clients of the providers would, at the gateway; about half of them streamed.</summary>
public sealed class Replay(Stage stage, IReadOnlyList<TracedCall> calls, decimal? speed, GatewayDoor gateway)
{
    private const int Workers = 64;
    // The gateway itself waits a while each time.
    private const int RetriesMax = 10;
    private static readonly TimeSpan RetryAfterMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromSeconds(5);

    private readonly ClientCall?[] _ended = new ClientCall?[calls.Count];
    private int _next = -1;
    private int _done;

    public int Done => Volatile.Read(ref _done);

    /// <summary>When <see cref="Run"/> is complete: every call of the trace.</summary>
    public IReadOnlyCollection<ClientCall> Ended => [.. _ended.OfType<ClientCall>()];

    public async Task Run(CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Work(clock, ct)));
    }

    private async Task Work(Stopwatch clock, CancellationToken ct)
    {
        while (Interlocked.Increment(ref _next) is var number && number < calls.Count)
        {
            if (speed is { } times && TimeSpan.FromTicks((long)(calls[number].Arrival.Ticks / times)) - clock.Elapsed is { Ticks: > 0 } early)
                await Task.Delay(early, ct);
            _ended[number] = await Call(number, clock, ct);
            Interlocked.Increment(ref _done);
        }
    }

    private async Task<ClientCall> Call(int number, Stopwatch clock, CancellationToken ct)
    {
        var place = Lane.Of(number);
        var waited = ImmutableArray<string>.Empty;
        while (true)
        {
            var (at, from) = (DateTimeOffset.UtcNow, clock.Elapsed);
            var answer = await gateway.Call(stage.Lanes[place], calls[number], Lane.IsStreamed(number), ct);
            if (!answer.IsPassing || waited.Length == RetriesMax) return new(place, at, from, clock.Elapsed, answer, waited);
            waited = waited.Add(answer.Outcome);
            var pause = answer.RetryAfter ?? RetryAfterMin;
            await Task.Delay(pause < RetryAfterMin ? RetryAfterMin : pause > RetryAfterMax ? RetryAfterMax : pause, ct);
        }
    }
}
