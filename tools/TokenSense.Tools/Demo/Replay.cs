using System.Collections.Immutable;
using System.Diagnostics;
using TokenSense.Contracts;

namespace TokenSense.Tools.Demo;

/// <summary>Sends a trace's calls as a gateway would: ask, "serve", report, and only then the next.</summary>
public sealed class Replay(Stage stage, IReadOnlyList<TracedCall> calls, decimal? speed, GatewayDoor gateway, UsageReporter reporter, InFlight flight)
{
    private const int Workers = 64;
    private const int RetriesMax = 10;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private int _next = -1;
    private int _done;

    public Tally Workspace { get; } = new();
    public ImmutableArray<Tally> Lanes { get; } = [.. stage.Lanes.Select(_ => new Tally())];

    public int Done => Volatile.Read(ref _done);

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
            await Call(number, ct);
            Interlocked.Increment(ref _done);
        }
    }

    private async Task Call(int number, CancellationToken ct)
    {
        var place = Lane.Of(number);
        var (call, lane, tally) = (calls[number], stage.Lanes[place], Lanes[place]);
        await flight.Room(ct);
        var decided = await gateway.Ask(lane.Secret, ct);
        for (var retry = 0; decided.IsPassing && retry < RetriesMax; retry++)
        {
            await Task.Delay(RetryAfter, ct);
            decided = await gateway.Ask(lane.Secret, ct);
        }
        if (!decided.IsAllowed)
        {
            lock (_gate)
            {
                if (decided.IsBudget)
                {
                    tally.Refuse(decided.Code ?? "", lane.ProjectId is { } project && decided.Budgets.ContainsKey(project));
                    Workspace.Refuse(decided.Code ?? "", decided.Budgets.ContainsKey(stage.WorkspaceId));
                }
                else
                {
                    tally.Fail(decided.Outcome);
                    Workspace.Fail(decided.Outcome);
                }
            }
            return;
        }

        var at = DateTimeOffset.UtcNow;
        var cost = lane.Lane.CostUsd(call, at);
        flight.Serve(cost);
        lock (_gate)
        {
            tally.Allow(call, cost);
            Workspace.Allow(call, cost);
        }
        try
        {
            await reporter.Report(Line(number, call, lane, at), ct);
            lock (_gate)
            {
                tally.Confirm(cost);
                Workspace.Confirm(cost);
            }
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            lock (_gate)
            {
                tally.FailAfterAll($"not reported: {e.Message}");
                Workspace.FailAfterAll($"not reported: {e.Message}");
            }
        }
    }

    private UsageLine Line(int number, TracedCall call, StagedLane lane, DateTimeOffset at) => new()
    {
        Id = $"{stage.Slug}-{number + 1:D6}", Source = "demo", Time = at, KeySha256 = lane.KeySha256, Provider = lane.Lane.Provider, Model = lane.Lane.Model,
        Usage = new() { InputTokens = call.ContextTokens, OutputTokens = call.GeneratedTokens },
    };
}
