namespace TokenSense.Benchmarks;

/// <summary>What the gateway costs a call beside a bare YARP pass-through: enforcing a budget, counting what is in flight, journalling, reporting.</summary>
internal static class GatewayCost
{
    public const string LatencyName = "gateway-latency", RateName = "gateway-rate";

    /// <summary>One caller: the median call through the gateway.</summary>
    public static Task<Finding> Latency() =>
        Run(LatencyName, "us, median whole answer, 1 caller", callers: 1, calls: 250, rounds: 6, seen => seen.LatencyUs(0.5));

    /// <summary>64 callers: what one gateway answers while it shares the machine with all the rest.</summary>
    public static Task<Finding> Rate() =>
        Run(RateName, "calls/s, whole answers, 64 callers", callers: 64, calls: 3_000, rounds: 3, seen => seen.Rate);

    private static async Task<Finding> Run(string name, string unit, int callers, int calls, int rounds, Func<Seen, double> figure)
    {
        await using var rig = await GatewayRig.Up();
        var whole = await rig.Compare(streamed: false, callers, calls, rounds);
        var streamed = await rig.Compare(streamed: true, callers, calls, rounds);
        return new Finding(name, figure(whole[GatewayRig.Gateway]), figure(whole[GatewayRig.Bare]), unit, RatioMin: null,
            [.. Rows("whole answer", whole), .. Rows("streamed", streamed), await rig.Recorded()]);
    }

    private static IEnumerable<Row> Rows(string kind, Dictionary<string, Seen> all)
    {
        var (bare, direct) = (all[GatewayRig.Bare], all[GatewayRig.Direct]);
        foreach (var name in new[] { GatewayRig.Gateway, GatewayRig.Unsynced, GatewayRig.Direct })
        {
            var seen = all[name];
            yield return new(kind, $"{name}: calls", seen.Rate, bare.Rate, "calls/s");
            yield return new(kind, $"{name}: p50", seen.LatencyUs(0.5), bare.LatencyUs(0.5), "us");
            yield return new(kind, $"{name}: p99", seen.LatencyUs(0.99), bare.LatencyUs(0.99), "us");
            if (name == GatewayRig.Direct) continue;
            // Beside what YARP adds to no proxy at all.
            yield return new(kind, $"{name}: added p50", seen.LatencyUs(0.5) - bare.LatencyUs(0.5), bare.LatencyUs(0.5) - direct.LatencyUs(0.5), "us");
            yield return new(kind, $"{name}: added p99", seen.LatencyUs(0.99) - bare.LatencyUs(0.99), bare.LatencyUs(0.99) - direct.LatencyUs(0.99), "us");
            yield return new(kind, $"{name}: CPU of the proxy", seen.ProxyCpuUsEach, bare.ProxyCpuUsEach, "us/call");
            yield return new(kind, $"{name}: CPU of the services", seen.BesideCpuUsEach, bare.BesideCpuUsEach, "us/call");
        }
    }
}
