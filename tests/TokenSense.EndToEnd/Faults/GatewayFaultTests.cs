using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Gateway;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Faults;

/// <summary>A gateway, its broker and its disk may fail at any time: every call that reached a provider is recorded once.</summary>
public sealed class GatewayFaultTests(ITestOutputHelper output) : IAsyncLifetime
{
    private Backends _backends = null!;
    private Stack _stack = null!;

    public async ValueTask InitializeAsync()
    {
        _backends = await Backends.Private("gateway-faults");
        _stack = await Stack.Up(_backends, new Dictionary<string, string> { ["TokenSense__MaxStalenessSeconds"] = "600" });
    }

    public async ValueTask DisposeAsync()
    {
        await _stack.DisposeAsync();
        await _backends.Purge();
    }

    [Fact]
    public async Task Killed_20_times_in_the_middle_of_traffic_each_call_is_recorded_exactly_once()
    {
        var (workspace, _, key) = await Calls.Prepared(_stack);
        var settled = new ConcurrentDictionary<string, bool>();
        var dice = new Random(20);
        using var stop = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 16).Select(n => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                // Streams and whole answers, of three providers, from at once to a while.
                var simulate = $"input={100 + n};output={20 + n};delay_ms={20 + n * 7};chunk_ms={n % 3 * 4}";
                var request = (n % 4) switch
                {
                    0 => Calls.Chat(_stack.Gateway.Url, key.Secret, simulate),
                    1 => Calls.Chat(_stack.Gateway.Url, key.Secret, simulate, "\"stream\":true"),
                    2 => Calls.Messages(_stack.Gateway.Url, key.Secret, simulate, "\"max_tokens\":50,\"stream\":true"),
                    _ => Calls.Gemini(_stack.Gateway.Url, key.Secret, simulate, "streamGenerateContent?alt=sse"),
                };
                try
                {
                    var answer = await Calls.Send(request);
                    if (answer.Status == HttpStatusCode.OK) settled[answer.Id!] = true;
                }
                catch (Exception e) when (e is HttpRequestException or TaskCanceledException) { await Task.Delay(20); }
            }
        })).ToList();
        var before = 0;
        for (var round = 0; round < 20; round++)
        {
            await Until.Seen(() => Task.FromResult(settled.Count), count => count >= before + 10, "traffic", 60);
            await Task.Delay(dice.Next(100));
            await _stack.Gateway.Kill();
            before = settled.Count;
            _stack.Gateway.Launch();
        }
        await Until.Seen(() => Task.FromResult(settled.Count), count => count >= before + 10, "traffic", 60);
        await stop.CancelAsync();
        await Task.WhenAll(callers);

        var served = (await Log()).Where(e => (string?)e["client_request_id"] is not null).ToDictionary(e => (string)e["client_request_id"]!);
        var lines = await Until.Seen(() => Recorded.Lines(workspace), l => served.Keys.All(l.Select(line => line.Id).ToHashSet().Contains), "every served call", 60);
        lines.GroupBy(l => l.Id).ShouldAllBe(call => call.Count() == 1);
        var byId = lines.ToDictionary(l => l.Id);
        foreach (var id in settled.Keys)
        {
            var (line, entry) = (byId[id], served[id]);
            (line.Estimated, line.Input, line.Output).ShouldBe((false, (long)entry["input_tokens"]!, (long)entry["output_tokens"]!));
        }
        // Whoever got no whole answer was in flight, or had just settled: nothing else was recorded.
        var cut = lines.Where(l => !settled.ContainsKey(l.Id)).ToList();
        cut.Where(l => l.Estimated).ShouldAllBe(l => l.CostUsd > 0);
        cut.Where(l => !l.Estimated).ShouldAllBe(l => served.ContainsKey(l.Id));
        cut.Count(l => l.Estimated).ShouldBePositive();
        (await _stack.Query<long>("metering", "select count(*) from kept_aside")).ShouldBe(0);
        (await workspace.UntilSpent(lines.Sum(l => l.CostUsd!.Value))).Workspace.ShouldBe(lines.Sum(l => l.CostUsd!.Value));
        output.WriteLine($"{settled.Count} settled, {cut.Count(l => l.Estimated)} in flight and estimated, {cut.Count(l => !l.Estimated)} settled unseen; {served.Count} served");
    }

    [Fact]
    public async Task While_the_broker_is_away_calls_go_on_as_long_as_what_is_known_may_be_old_and_all_are_recorded_when_it_is_back()
    {
        await using var wary = await _stack.Another("Gateway", new Dictionary<string, string> { ["TokenSense__MaxStalenessSeconds"] = "6" });
        var (workspace, _, key) = await Calls.Prepared(_stack, 1_000);
        var (unlimited, _, free) = await Calls.Prepared(_stack);
        foreach (var known in new[] { key, free }) await Until.Seen(() => Calls.Ask(wary.Url, known.Secret), a => a.Status == HttpStatusCode.OK, "the key at the other gateway");
        HttpRequestMessage Named()
        {
            var request = Calls.Chat(wary.Url, key.Secret);
            request.Headers.Add("Idempotency-Key", "before");
            return request;
        }
        var before = await Until.Seen(() => Calls.Send(Named()), a => a.Status == HttpStatusCode.OK, "a call before");
        await Ok(key, 10);
        await _backends.Kill("rabbitmq");
        await Ok(key, 200);

        // Too old to decide on a budget: said so, and no reason to hold up who has none, or to forget what was answered.
        await Until.Seen(() => Calls.Ask(wary.Url, key.Secret), a => a.Code == "BUDGET_CHECK_UNAVAILABLE", "BUDGET_CHECK_UNAVAILABLE");
        var refused = await Calls.Send(Calls.Chat(wary.Url, key.Secret));
        ((int)refused.Status, refused.Code, refused.Header("Retry-After")).ShouldBe((503, "BUDGET_CHECK_UNAVAILABLE", "5"));
        (await Calls.Send(Named())).Body.ShouldBe(before.Body);
        await Ok(free, 20, wary);

        await _stack.Gateway.Kill();
        _stack.Gateway.Launch();
        await _backends.Start("rabbitmq");
        (await Recorded.Until(workspace, 211, secondsMax: 90)).Count.ShouldBe(211);
        (await workspace.UntilSpent(211 * 0.00045m, 60)).Workspace.ShouldBe(211 * 0.00045m);
        (await Recorded.Until(unlimited, 20, secondsMax: 90)).Count.ShouldBe(20);
        await Until.Seen(() => Calls.Ask(wary.Url, key.Secret), a => a.Status == HttpStatusCode.OK, "calls under a budget again", 60);
    }

    [Fact]
    public async Task A_full_journal_is_a_clear_refusal_and_ends_when_the_broker_is_back()
    {
        await using var gateway = await _stack.Another("Gateway", new Dictionary<string, string> { ["Gateway__JournalBytesMax"] = "16777216" });
        var (workspace, _, key) = await Calls.Prepared(_stack);
        await Until.Seen(() => Calls.Send(Calls.Chat(gateway.Url, key.Secret)), a => a.Status == HttpStatusCode.OK, "the key at the other gateway");
        await _backends.Kill("rabbitmq");
        // Each line as large as a line may be.
        var metadata = string.Join(',', Enumerable.Range(0, 15).Select(i => $"\"{new string((char)('a' + i), 60)}\":\"{new string('é', 250)}\""));
        var sent = 1;
        Calls.Answer answer;
        while ((answer = await Calls.Send(Calls.Chat(gateway.Url, key.Secret, more: $"\"metadata\":{{{metadata}}}"))).Status == HttpStatusCode.OK && sent < 5_000) sent++;
        ((int)answer.Status, answer.Code, answer.Header("Retry-After")).ShouldBe((503, "USAGE_JOURNAL_UNAVAILABLE", "5"));
        sent.ShouldBeInRange(100, 4_999);
        await _backends.Start("rabbitmq");
        (await Recorded.Until(workspace, sent, secondsMax: 90)).Count.ShouldBe(sent);
        await Until.Seen(() => Calls.Send(Calls.Chat(gateway.Url, key.Secret)), a => a.Status == HttpStatusCode.OK, "calls again", 60);
    }

    private async Task Ok(Workspace.Key key, int calls, ServiceProcess? gateway = null)
    {
        for (var i = 0; i < calls; i++)
        {
            var answer = await Calls.Send(Calls.Chat((gateway ?? _stack.Gateway).Url, key.Secret));
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        }
    }

    private async Task<IEnumerable<JsonNode>> Log()
    {
        using var http = new HttpClient();
        return (await http.GetStringAsync($"{_stack.Simulator.Url}/log")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!);
    }
}
