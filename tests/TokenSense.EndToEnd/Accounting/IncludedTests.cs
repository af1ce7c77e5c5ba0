using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;
using static TokenSense.EndToEnd.Running.GatewayClient;

namespace TokenSense.EndToEnd.Accounting;

/// <summary>Spend says what of each gateway's own usage it includes, in the gateway's own figures, and never says so too early.</summary>
[Collection(nameof(SharedStack))]
public sealed class IncludedTests(SharedStack shared)
{
    // Another figure than the list price, so that nobody's is taken for the other's.
    private const decimal Reported = 0.0071m;
    private static readonly decimal Cost = Reports.Cost(1_000, 100);
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task Every_state_includes_the_distinct_lines_of_each_run_that_its_spend_holds_whatever_repeats_or_dies()
    {
        await using var watcher = await Watcher.On(_stack, "SpendChanged");
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("Client");
        var (bound, free) = (await workspace.NewKey(project), await workspace.NewKey());
        foreach (var key in new[] { bound, free }) await workspace.SetBudget(1_000m, $"keys/{key.Id}/");

        // Two gateways, two runs of each: lines of a key with a project, of one without, and of that for the project.
        var runs = new[] { "one", "one", "two", "two" }.Select(gateway => (Gateway: gateway, Epoch: Guid.NewGuid())).ToList();
        var sent = runs.SelectMany((run, r) => Enumerable.Range(0, 60 + r).Select(n => (run.Gateway, run.Epoch, Kind: n % 3, Line: Line($"call-{r}-{n}", n % 3 == 0 ? bound : free, run.Epoch)))).ToList();
        foreach (var call in sent.Where(c => c.Kind == 2)) call.Line["project"] = project.ToString();
        async Task Send(int seed)
        {
            var shuffled = sent.ToArray();
            new Random(seed).Shuffle(shuffled);
            foreach (var gateway in shuffled.GroupBy(c => c.Gateway))
                await Reports.Publish(_stack, gateway.Select(c => c.Line), gateway.Key, linesPerMessage: 7);
        }

        var first = Send(1);
        await workspace.UntilSpent(40 * Cost);
        await _stack.Budgets.Kill();
        await Task.WhenAll(first, Send(2));
        _stack.Budgets.Launch();
        await _stack.Budgets.UntilHealthy();
        await Reports.Publish(_stack, [Line("last", bound, runs[0].Epoch)], "one");
        await workspace.UntilSpent((sent.Count + 1) * Cost);

        var all = sent.Select(c => (c.Gateway, c.Epoch, c.Kind)).Append((Gateway: "one", runs[0].Epoch, Kind: 0)).ToList();
        var scopes = new (Guid Scope, Func<int, bool> Holds)[] { (workspace.Id, _ => true), (project, kind => kind != 1), (bound.Id, kind => kind == 0), (free.Id, kind => kind != 0) };
        foreach (var (scope, holds) in scopes)
        {
            var calls = all.Where(c => holds(c.Kind)).ToList();
            var whole = calls.GroupBy(c => (c.Gateway, c.Epoch)).ToDictionary(r => r.Key, r => ((long)r.Count(), r.Count() * Reported));
            var last = await Until.Seen(() => Task.FromResult(Newest(watcher, scope)), s => s?.Spent == calls.Count * Cost, $"all spend of {scope}");
            last!.Included.ShouldBe(whole, ignoreOrder: true);
            (await Snapshot()).Single(s => s.Id == scope).Included.ShouldBe(whole, ignoreOrder: true);
        }
        // All usage was a gateway's here, so each state told on the way holds in its spend exactly what it calls included.
        var states = States(watcher).Where(s => s.Workspace == workspace.Id).ToList();
        states.Count(s => s.Spent > 0).ShouldBeGreaterThan(8);
        foreach (var state in states)
        {
            (state.Included.Values.Sum(i => i.Lines) * Cost).ShouldBe(state.Spent);
            state.Included.Values.ShouldAllBe(i => i.CostUsd == i.Lines * Reported);
        }
    }

    [Fact]
    public async Task What_no_gateway_counts_is_spent_and_not_included()
    {
        await using var watcher = await Watcher.On(_stack, "SpendChanged");
        var workspace = await Workspace.New(_stack);
        var (key, self, run) = (await workspace.NewKey(), await workspace.NewKey(null, "call", "report"), Guid.NewGuid());
        var (uncosted, unpriced, unknown) = (Line("uncosted", key, run), Line("unpriced", key, run), Line("unknown", key, run));
        uncosted.Remove("costUsd");
        unpriced.Remove("costUsd");
        foreach (var line in new[] { unpriced, unknown }) line["model"] = "no-such-model";
        await Accepted(uncosted, unpriced, Line("no-run", key, null));
        var own = Line("self", self, run);
        own.Remove("keySha256");
        ((int)(await Reports.Http(_stack, own, self.Secret))["accepted"]!).ShouldBe(1);
        (await Told(watcher, workspace.Id, 3 * Cost)).Included.ShouldBeEmpty();

        // What only the gateway has a price for counts at its price, and is included as any other.
        await Accepted(unknown, Line("known", key, run));
        (await Told(watcher, workspace.Id, 4 * Cost + Reported)).Included.ShouldBe(new Dictionary<(string, Guid), (long, decimal)> { [("default", run)] = (2, 2 * Reported) });
        var wrong = Line("wrong", key, run);
        wrong["gatewayEpoch"] = "first";
        ((int)(await Reports.Http(_stack, wrong))["rejected"]!).ShouldBe(1);
    }

    [Fact]
    public async Task The_same_line_of_another_run_is_a_duplicate_and_the_first_run_stands()
    {
        await using var watcher = await Watcher.On(_stack, "SpendChanged");
        var workspace = await Workspace.New(_stack);
        var (key, first, second) = (await workspace.NewKey(), Guid.NewGuid(), Guid.NewGuid());
        await Accepted(Line("a", key, first));
        ((int)(await Reports.Http(_stack, Line("a", key, second)))["duplicates"]!).ShouldBe(1);
        await Accepted(Line("b", key, second));
        (await Told(watcher, workspace.Id, 2 * Cost)).Included.Keys.ShouldBe([("default", first), ("default", second)], ignoreOrder: true);
    }

    [Fact]
    public async Task Late_usage_is_included_in_the_month_that_it_counts_in()
    {
        await using var watcher = await Watcher.On(_stack, "SpendChanged");
        var workspace = await Workspace.New(_stack);
        var (key, run, now) = (await workspace.NewKey(), Guid.NewGuid(), DateTime.UtcNow);
        var lastMonth = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero).AddDays(-1);
        var late = Line("late", key, run);
        late["time"] = lastMonth.ToString("o");
        await Accepted(late, Line("now", key, run), Line("now-too", key, run));
        foreach (var (period, lines) in new[] { ($"{lastMonth:yyyy-MM}", 1), ($"{now:yyyy-MM}", 2) })
            (await Told(watcher, workspace.Id, lines * Cost, period)).Included.ShouldBe(
                new Dictionary<(string, Guid), (long, decimal)> { [("default", run)] = (lines, lines * Reported) });
    }

    [Fact]
    public async Task Usage_that_waited_for_its_key_keeps_its_run()
    {
        await using var watcher = await Watcher.On(_stack, "SpendChanged");
        var (workspace, run) = (await Workspace.New(_stack), Guid.NewGuid());
        var future = new Workspace.Key(Guid.NewGuid(), $"not-a-real-key-{Guid.NewGuid():N}");
        ((int)(await Reports.Http(_stack, Line("early", future, run)))["pending"]!).ShouldBe(1);
        // The key arrives over the bus later than the usage of it.
        await _stack.Execute("metering",
            $$"""
            with d as (insert into directory (kind, id, workspace_id, version, body) values ('key', '{{future.Id}}', '{{workspace.Id}}', 1,
                '{"keyId":"{{future.Id}}","workspaceId":"{{workspace.Id}}","name":"late","scopes":["call"],"secrets":[{"sha256":"{{future.Sha256}}"}],"version":1}'))
            insert into directory_hashes values ('{{future.Sha256}}', 'key', '{{future.Id}}')
            """);
        (await Told(watcher, workspace.Id, Cost)).Included.Keys.ShouldBe([("default", run)]);
    }

    [Fact]
    public async Task A_run_silent_for_an_hour_is_told_again_in_the_snapshot_and_with_a_new_budget()
    {
        await using var watcher = await Watcher.On(_stack, "SpendChanged");
        var workspace = await Workspace.New(_stack);
        var (key, silent, busy) = (await workspace.NewKey(), Guid.NewGuid(), Guid.NewGuid());
        await Accepted(Line("a", key, silent));
        await Told(watcher, workspace.Id, Cost);
        await _stack.Execute("budgets", $"update included_usage set moved_at = now() - interval '2 hours' where gateway_epoch = '{silent}'");
        await Accepted(Line("b", key, busy));
        (await Told(watcher, workspace.Id, 2 * Cost)).Included.Keys.ShouldBe([("default", busy)]);
        (string, Guid)[] newestFirst = [("default", busy), ("default", silent)];
        (await Snapshot()).Single(s => s.Id == workspace.Id).Included.Keys.ShouldBe(newestFirst);
        // Of a key nothing was told until it has a budget.
        await workspace.SetBudget(1_000m, $"keys/{key.Id}/");
        (await Told(watcher, key.Id, 2 * Cost)).Included.Keys.ShouldBe(newestFirst);
    }

    [Fact]
    public async Task A_state_tells_of_the_64_runs_that_grew_last()
    {
        await using var watcher = await Watcher.On(_stack, "SpendChanged");
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        var runs = Enumerable.Range(0, 65).Select(_ => Guid.NewGuid()).ToList();
        await Accepted(Line("first", key, runs[0]));
        await Told(watcher, workspace.Id, Cost);
        await Accepted([.. runs.Skip(1).Select((run, n) => Line($"{n}", key, run))]);
        (await Told(watcher, workspace.Id, 65 * Cost)).Included.Keys.Select(i => i.Epoch).ShouldBe(runs.Skip(1), ignoreOrder: true);
    }

    [Fact]
    public async Task The_audit_derives_included_usage_again_and_tells_what_differs()
    {
        await using var watcher = await Watcher.On(_stack, "SpendChanged");
        var workspace = await Workspace.New(_stack);
        var (key, run) = (await workspace.NewKey(await workspace.Project("Client")), Guid.NewGuid());
        await Accepted(Line("a", key, run), Line("b", key, run), Line("c", key, null));
        await Told(watcher, workspace.Id, 3 * Cost);
        (await Audit(workspace)).ExitCode.ShouldBe(0);
        await _stack.Execute("budgets", $"update included_usage set lines = lines + 1, cost_usd = cost_usd + 0.000000000001 where scope_id = '{key.Id}'");
        var (exitCode, output) = await Audit(workspace);
        await _stack.Execute("budgets", $"update included_usage set lines = lines - 1, cost_usd = cost_usd - 0.000000000001 where scope_id = '{key.Id}'");
        exitCode.ShouldBe(1, output);
        output.ShouldContain("2 differences");
    }

    private Task<(int ExitCode, string Output)> Audit(Workspace workspace) => Command.Run(
        "dotnet", [Path.Combine(Repository.Root, "tools", "TokenSense.Tools", "bin", ServiceProcess.Configuration, "net10.0", "TokenSense.Tools.dll"), "audit", "--workspace", workspace.Slug],
        settings: new Dictionary<string, string>(_stack.Settings) { ["TOKENSENSE_CONSOLE_URL"] = _stack.Dashboard.Url });

    private sealed record State(
        Guid Workspace, Guid Id, string Period, long Version, decimal Spent, IReadOnlyDictionary<(string Gateway, Guid Epoch), (long Lines, decimal CostUsd)> Included);

    private static State Read(JsonNode s) => new(
        (Guid)s["workspaceId"]!, (Guid)s["scopeId"]!, (string)s["period"]!, (long)s["version"]!, Money(s["spentUsd"]),
        s["included"]!.AsArray().ToDictionary(i => ((string)i!["gateway"]!, (Guid)i["epoch"]!), i => ((long)i!["lines"]!, Money(i["costUsd"]))));

    private static IEnumerable<State> States(Watcher watcher) => watcher.Seen.Select(Read);

    private static State? Newest(Watcher watcher, Guid scope, string? period = null) =>
        States(watcher).Where(s => s.Id == scope && (period is null || s.Period == period)).MaxBy(s => s.Version);

    private static async Task<State> Told(Watcher watcher, Guid scope, decimal spent, string? period = null) =>
        (await Until.Seen(() => Task.FromResult(Newest(watcher, scope, period)), s => s?.Spent == spent, $"a spend of {spent}"))!;

    private async Task<List<State>> Snapshot()
    {
        using var http = new HttpClient();
        var request = new HttpRequestMessage(HttpMethod.Get, $"{_stack.Budgets.Url}/api/v1/enforcement/snapshot");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Stack.GatewayToken);
        return [.. (await Workspace.Read(await http.SendAsync(request)))["spend"]!.AsArray().Select(s => Read(s!))];
    }

    private async Task Accepted(params JsonObject[] lines) =>
        ((int)(await Reports.Http(_stack, lines.Select(l => l.DeepClone()).ToArray()))["accepted"]!).ShouldBe(lines.Length);

    private static JsonObject Line(string id, Workspace.Key key, Guid? run)
    {
        var line = Reports.Line(id, key);
        line["costUsd"] = Reported;
        if (run is not null) line["gatewayEpoch"] = run.ToString();
        return line;
    }
}
