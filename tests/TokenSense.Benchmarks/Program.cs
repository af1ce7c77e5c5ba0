using System.Runtime.InteropServices;
using System.Text.Json;
using TokenSense.ServiceDefaults;

namespace TokenSense.Benchmarks;

/// <summary>Runs benchmarks by name, all without one. Each stands beside its baseline, measured in the same run.</summary>
internal static class Program
{
    private static readonly Dictionary<string, Func<Task<Finding>>> Benchmarks = new()
    {
        [UsageStore.Name] = UsageStore.Run,
        [SpendStreams.Name] = SpendStreams.Run,
        [GatewayCost.LatencyName] = GatewayCost.Latency,
        [GatewayCost.RateName] = GatewayCost.Rate,
    };

    private static async Task<int> Main(string[] args)
    {
        if (PassThrough.Target is { } target) return await PassThrough.Run(target);
        var names = new List<string>();
        string? file = null;
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--json" && i + 1 < args.Length) file = args[++i];
            else if (Benchmarks.ContainsKey(args[i])) names.Add(args[i]);
            else
            {
                Console.Error.WriteLine($"usage: [NAME…] [--json FILE], where NAME is one of {string.Join(", ", Benchmarks.Keys)}");
                return 2;
            }
        }

        var findings = new List<Finding>();
        foreach (var name in names.Count > 0 ? names.Distinct() : Benchmarks.Keys)
        {
            findings.Add(await Benchmarks[name]());
            findings[^1].Print();
        }
        var machine = new { Cores = Environment.ProcessorCount, Os = RuntimeInformation.OSDescription, Runtime = RuntimeInformation.FrameworkDescription };
        if (file is not null) await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { machine, Benchmarks = findings }, Service.Json));
        return findings.All(f => f.Met) ? 0 : 1;
    }
}
