using System.Diagnostics;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Spectre.Console;

namespace TokenSense.Tools.Demo;

/// <param name="TraceFile">Null: made up.</param>
/// <param name="Speed">Null: as fast as is answered.</param>
public sealed record DemoWish(string? TraceFile, int? Requests, decimal? Speed);

/// <summary>Shows the product at work, and checks it: what providers billed must be recorded, spent and reported, to the last digit.</summary>
public static class DemoRun
{
    public static async Task<int> Run(DemoWish wish, IAnsiConsole console, CancellationToken ct)
    {
        var calls = wish.TraceFile is { } file ? Trace.Read(file, wish.Requests) : GeneratedTrace.Of(wish.Requests ?? GeneratedTrace.RequestsDefault);
        var now = DateTimeOffset.UtcNow;
        var budgets = BudgetChoice.Of([.. calls.Select((call, i) => Lane.All[Lane.Of(i)].CostUsd(call.ContextTokens, call.GeneratedTokens, now))]);

        using var bill = await ProviderBill.Open(ct);
        using var api = await ConsoleApi.SignIn(ct);
        using var gateway = new GatewayDoor();
        await gateway.MustAnswer(ct);
        await using var broker = await Connect(ct);
        await using var crossings = await CrossingWatch.Open(broker, ct);
        var stage = await Stage.Set(api, budgets, ct);
        await gateway.UntilKnown(stage, ct);
        console.WriteLine($"Workspace {stage.Slug}: {Figures.Count(calls.Count)} requests.");

        var replay = new Replay(stage, calls, wish.Speed, gateway);
        var clock = Stopwatch.StartNew();
        await ReplayProgress.Show(console, replay, calls.Count, ct);
        var replayed = clock.Elapsed;
        clock.Restart();
        var reckoning = Reckoning.Of(stage, replay.Ended, await bill.Read(ct));
        var outcomes = await new Settlement(api, stage, reckoning, crossings).Wait(ct);
        var settled = clock.Elapsed;

        OutcomeTable.Write(console, outcomes);
        console.WriteLine(
            $"{Figures.Count((long)(calls.Count / replayed.TotalSeconds))} requests/s for {Figures.Seconds(replayed)}; "
            + $"settled {Figures.Seconds(settled)} after the last.");
        return await Judge(api, stage, outcomes, console, ct);
    }

    private static async Task<int> Judge(ConsoleApi api, Stage stage, IReadOnlyList<Outcome> outcomes, IAnsiConsole console, CancellationToken ct)
    {
        var all = outcomes[^1];
        if (all.Refused > 0) console.WriteLine($"402 by code: {Counts(all.Seen.Refused)}.");
        if (all.Seen.Waited.Count > 0) console.WriteLine($"Waited: {Counts(all.Seen.Waited)}, and came again.");
        var findings = new Findings();
        findings.AddRange(outcomes.SelectMany(o => o.Differences()));
        if (findings.Count == 0)
        {
            console.WriteLine(
                $"Exact: {Figures.Count(all.Seen.Requests)} requests = {Figures.Count(all.Seen.Allowed)} allowed + {Figures.Count(all.Refused)} refused; "
                + $"{Figures.Usd(all.Seen.ServedUsd)} served = recorded = spent = reported = exported; {outcomes.Sum(o => o.Crossings.Count)} thresholds crossed, each once and told once.");
            return ExitCode.Same;
        }
        findings.Write(console);
        var period = (await api.Get($"workspaces/{stage.WorkspaceId}/spend", ct)).GetProperty("period").GetString();
        if (period != stage.Period) console.WriteLine($"The month {stage.Period} ended during the run, and its budgets with it: run it again.");
        return ExitCode.Different;
    }

    private static string Counts(SortedDictionary<string, long> counts) => string.Join(", ", counts.Select(c => $"{c.Key} {Figures.Count(c.Value)}"));

    private static async Task<IConnection> Connect(CancellationToken ct)
    {
        var factory = new ConnectionFactory { Uri = Settings.RabbitMq, ClientProvidedName = "tokensense-demo", RequestedConnectionTimeout = TimeSpan.FromSeconds(5) };
        try
        {
            return await factory.CreateConnectionAsync(ct);
        }
        catch (Exception e) when (e is BrokerUnreachableException or OperationInterruptedException)
        {
            throw new CannotRunException($"The broker at {factory.Endpoint.HostName}:{factory.Endpoint.Port} does not answer: {e.InnerException?.Message ?? e.Message}", e);
        }
    }
}
