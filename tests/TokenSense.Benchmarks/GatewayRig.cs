using System.Diagnostics;
using System.Globalization;
using TokenSense.EndToEnd.Running;

namespace TokenSense.Benchmarks;

/// <summary>One way from the load to the simulated provider.</summary>
/// <param name="Proxy">The process in between; null: none.</param>
internal sealed record Way(string Name, ServiceProcess? Proxy, ChatLoad Load, bool IsMetered);

/// <summary>What slices of load on one way showed, together.</summary>
internal sealed class Seen
{
    public List<double> LatenciesUs { get; } = [];
    public List<double> Rates { get; } = [];
    public double ProxyCpuUs { get; set; }
    public double BesideCpuUs { get; set; }
    public double Rate => Load.Median(Rates);
    public double ProxyCpuUsEach => ProxyCpuUs / LatenciesUs.Count;
    public double BesideCpuUsEach => BesideCpuUs / LatenciesUs.Count;

    public double LatencyUs(double share)
    {
        LatenciesUs.Sort();
        return LatenciesUs[(int)Math.Min(LatenciesUs.Count - 1, LatenciesUs.Count * share)];
    }
}

/// <summary>The whole system on real backends, the provider's simulator and the bare proxy, each a process of its own.</summary>
internal sealed class GatewayRig : IAsyncDisposable
{
    public const string Direct = "no proxy", Bare = "bare YARP", Gateway = "gateway", Unsynced = "gateway, no fsync";
    private const string ProviderKey = "sk-sim-openai";
    // gpt-4o's list price: 2.50 and 10 USD for a million tokens.
    private const decimal CallUsd = (ChatLoad.InputTokens * 0.0000025m) + (ChatLoad.OutputTokens * 0.00001m);
    private const decimal BudgetUsd = 1_000_000m;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2), SliceMax = TimeSpan.FromSeconds(30);

    private readonly string _journals = Path.Combine(
        Environment.GetEnvironmentVariable("TOKENSENSE_TEST_HOME") ?? Path.GetTempPath(), $"bench-journals-{Environment.ProcessId}");
    private readonly List<ServiceProcess> _processes = [];
    private Stack _stack = null!;
    private Workspace _workspace = null!;

    private IEnumerable<Way> Metered => Ways.Where(way => way.IsMetered);
    private long MeteredCalls => Metered.Sum(way => way.Load.Answered);
    private decimal ExpectedUsd => MeteredCalls * CallUsd;

    public List<Way> Ways { get; } = [];

    public static async Task<GatewayRig> Up()
    {
        var rig = new GatewayRig();
        try
        {
            await rig.Start();
            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    private async Task Start()
    {
        Directory.CreateDirectory(_journals);
        var simulator = await Launch(new(ServiceProcess.Simulator, new Dictionary<string, string>()));
        var bare = await Launch(new("Benchmarks", PassThrough.SettingsOf(simulator.Url)));
        _stack = await Stack.Up(await Backends.Shared(), new Dictionary<string, string>
        {
            ["Providers__openai__BaseUrl"] = $"{simulator.Url}/openai/v1", ["Providers__openai__ApiKey"] = ProviderKey,
            ["Gateway__JournalFolder"] = Path.Combine(_journals, "synced"),
        });
        // On the same stack, so that both can take turns.
        var unsynced = await Launch(new("Gateway", new Dictionary<string, string>(_stack.Settings)
        {
            ["Gateway__JournalFolder"] = Path.Combine(_journals, "unsynced"), ["Gateway__JournalSync"] = "false",
        }));
        _workspace = await Workspace.New(_stack);
        var key = await _workspace.NewKey(await _workspace.Project("bench"));
        await _workspace.SetBudget(BudgetUsd);
        Ways.Add(new(Direct, null, new($"{simulator.Url}/openai/v1", ProviderKey), false));
        Ways.Add(new(Bare, bare, new($"{bare.Url}/openai/v1", ProviderKey), false));
        Ways.Add(new(Gateway, _stack.Gateway, new($"{_stack.Gateway.Url}/v1", key.Secret), true));
        Ways.Add(new(Unsynced, unsynced, new($"{unsynced.Url}/v1", key.Secret), true));
        foreach (var way in Metered)
            await Until.Seen(async () => { using var answer = await way.Load.Call(false); return answer.Headers.Contains("x-tokensense-budget-limit-usd"); },
                seen => seen, $"the budget at {way.Name}");
    }

    /// <summary>All ways in turn, round after round, so that what drifts disturbs each alike; a slice begins when the usage of the one before is settled.</summary>
    public async Task<Dictionary<string, Seen>> Compare(bool streamed, int callers, int calls, int rounds)
    {
        var all = Ways.ToDictionary(way => way.Name, _ => new Seen());
        foreach (var way in Ways) await way.Load.Run(streamed, Math.Max(callers, 16), int.MaxValue, WarmUp);
        await Settled();
        for (var round = 0; round < rounds; round++)
            foreach (var way in Ways)
            {
                var seen = all[way.Name];
                var (proxy, beside) = (Cpu(way.Proxy), BesideCpu());
                // The quick ways are done several times as often: too short a slice says little.
                var count = way.IsMetered ? calls : calls * 4;
                var clock = Stopwatch.StartNew();
                var took = await way.Load.Run(streamed, callers, count, SliceMax);
                seen.Rates.Add(took.Count / clock.Elapsed.TotalSeconds);
                if (took.Count < count) throw new TimeoutException($"{way.Name}: {took.Count} of {count} calls within {SliceMax.TotalSeconds} s.");
                seen.LatenciesUs.AddRange(took);
                if (way.IsMetered) await Settled();
                seen.ProxyCpuUs += (Cpu(way.Proxy) - proxy).TotalMicroseconds;
                seen.BesideCpuUs += (BesideCpu() - beside).TotalMicroseconds;
            }
        return all;
    }

    /// <summary>Spend, to the last digit, and requests recorded are those of the calls made: what was measured is the working product.</summary>
    public async Task<Row> Recorded()
    {
        await Settled();
        var usage = await _workspace.Get("usage?group_by=model");
        var recorded = usage["data"]!.AsArray().Sum(row => (long)row!["requests"]!);
        var spent = (await _workspace.SpendNow()).Workspace;
        return recorded == MeteredCalls && spent == ExpectedUsd
            ? new Row("no target yet", "calls recorded, of calls made", recorded, MeteredCalls, string.Create(CultureInfo.InvariantCulture, $"calls, {spent} USD"))
            : throw new InvalidOperationException($"{recorded} of {MeteredCalls} calls were recorded; spent {spent} of {ExpectedUsd} USD.");
    }

    private async Task Settled() => await _workspace.UntilSpent(ExpectedUsd, secondsMax: 60);

    private static TimeSpan Cpu(ServiceProcess? service)
    {
        if (service is null) return TimeSpan.Zero;
        using var process = Process.GetProcessById(service.ProcessId);
        return process.TotalProcessorTime;
    }

    // What records the usage; PostgreSQL and RabbitMQ not counted.
    private TimeSpan BesideCpu() => Cpu(_stack.Metering) + Cpu(_stack.Budgets) + Cpu(_stack.KeyRegistry) + Cpu(_stack.Dashboard);

    private async Task<ServiceProcess> Launch(ServiceProcess process)
    {
        _processes.Add(process);
        process.Launch();
        await process.UntilHealthy();
        return process;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var way in Ways) way.Load.Dispose();
        foreach (var process in _processes) await process.DisposeAsync();
        if (_stack is not null) await _stack.DisposeAsync();
        if (Directory.Exists(_journals)) Directory.Delete(_journals, recursive: true);
    }
}
