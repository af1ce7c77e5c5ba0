using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using TokenSense.EndToEnd.Running;

namespace TokenSense.Benchmarks;

/// <summary>What the dashboard's home reads, in a workspace with 1,000 projects, 10,000 keys and a million lines in the month.</summary>
internal static class HomeAtScale
{
    public const string Name = "home";
    private const int Projects = 1_000, Keys = 10_000, Lines = 1_000_000, LinesPerReport = 1_000, Rounds = 50;
    private const double LimitMs = 300;

    public static async Task<Finding> Run()
    {
        await using var stack = await Stack.Up(await Backends.Shared());
        var (large, small) = (await Workspace.New(stack), await Workspace.New(stack));
        await Fill(large);
        var (found, empty) = (await Read(large), await Read(small));
        return new Finding(Name, LimitMs, found.Values.Sum(), "ms: the limit beside all that home reads, one after the other (medians)", RatioMin: 1,
            [.. found.Select(read => new Row("reads", read.Key, read.Value, empty[read.Key], "ms; baseline: a workspace without anything"))]);
    }

    private static async Task Fill(Workspace workspace)
    {
        var limits = new ParallelOptions { MaxDegreeOfParallelism = 16 };
        await workspace.SetBudget(1_000_000m);
        await Parallel.ForAsync(0, Projects, limits, async (n, _) => await workspace.Post("projects", new { name = $"Client {n}", slug = $"client-{n}" }));
        var keys = new Guid[Keys];
        await Parallel.ForAsync(0, Keys, limits, async (n, _) => keys[n] = (Guid)(await workspace.Post("keys", new { name = $"key {n}", project = $"client-{n % Projects}" }))["id"]!);
        await workspace.Stack.Known("key", $"{keys[^1]}");

        using var http = new HttpClient { BaseAddress = new Uri(workspace.Stack.Dashboard.Url), DefaultRequestHeaders = { Authorization = new("Bearer", Stack.GatewayToken) }, Timeout = TimeSpan.FromMinutes(2) };
        var month = new DateTimeOffset(DateTime.UtcNow.Year, DateTime.UtcNow.Month, 1, 0, 0, 0, TimeSpan.Zero);
        var seconds = (DateTimeOffset.UtcNow - month).TotalSeconds;
        await Parallel.ForAsync(0, Lines / LinesPerReport, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (report, ct) =>
        {
            var lines = new JsonArray([.. Enumerable.Range(report * LinesPerReport, LinesPerReport).Select(n => (JsonNode)new JsonObject
            {
                ["id"] = n.ToString(CultureInfo.InvariantCulture), ["time"] = month.AddSeconds(seconds * n / Lines).ToString("o"), ["key_id"] = keys[n % Keys], ["provider"] = "openai",
                ["model"] = "gpt-4o", ["usage"] = new JsonObject { ["input_tokens"] = 400, ["output_tokens"] = 0 },
            })]);
            while (true)
            {
                using var answer = await http.PostAsync("/api/v1/usage", new StringContent(lines.ToJsonString(), System.Text.Encoding.UTF8, "application/json"), ct);
                if (answer.StatusCode is not (System.Net.HttpStatusCode.TooManyRequests or System.Net.HttpStatusCode.ServiceUnavailable))
                {
                    answer.EnsureSuccessStatusCode();
                    return;
                }
                await Task.Delay(answer.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1), ct);
            }
        });
        // 400 tokens at 2.50 USD a million, each.
        await workspace.UntilSpent(Lines * 0.001m, secondsMax: 600);
    }

    // As Home.razor does; the days of those that spent most are read one by one.
    private static async Task<Dictionary<string, double>> Read(Workspace workspace)
    {
        var (first, last) = ($"{DateTime.UtcNow:yyyy-MM}-01", $"{DateTime.UtcNow:yyyy-MM-dd}");
        var daily = $"usage?group_by=day&from={first}&to={last}";
        var reads = new Dictionary<string, string>
        {
            ["spend of all projects"] = "spend?keys=false", ["open action items"] = "alerts?status=open&limit=50", ["keys"] = "keys?limit=50", ["days of the workspace"] = daily,
        };
        foreach (var project in (await workspace.Get("spend?keys=false"))["projects"]!.AsArray().Take(8)) reads[$"days of {project!["name"]}"] = $"{daily}&project={project["id"]}";
        for (var n = reads.Count; n < 12; n++) reads[$"days of Client {n - 4}"] = daily;
        var took = reads.Keys.ToDictionary(name => name, _ => new List<double>());
        for (var round = 0; round < Rounds; round++)
            foreach (var (name, path) in reads)
            {
                var watch = Stopwatch.StartNew();
                await workspace.Get(path);
                took[name].Add(watch.Elapsed.TotalMilliseconds);
            }
        return took.ToDictionary(t => t.Key, t => Load.Median(t.Value));
    }
}
