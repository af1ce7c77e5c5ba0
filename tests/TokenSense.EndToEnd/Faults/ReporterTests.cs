using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using RabbitMQ.Client;
using Shouldly;
using TokenSense.Contracts;
using TokenSense.EndToEnd.Running;
using TokenSense.Enforcement;
using Xunit;

namespace TokenSense.EndToEnd.Faults;

/// <summary>A gateway's journal and reporter on a real broker, without the services: whatever dies, each settled line arrives.</summary>
public sealed class ReporterTests(OwnBackends<ReporterTests> own) : IClassFixture<OwnBackends<ReporterTests>>, IAsyncLifetime
{
    private const string Exchange = "TokenSense.Contracts:UsageReported";
    private const string HeartbeatExchange = "TokenSense.Contracts:GatewayHeartbeat";
    private const string Queue = "reporter-tests";
    private const string HeartbeatQueue = "reporter-heartbeats";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tokensense-reporter-");
    private Backends _backends = null!;

    public async ValueTask InitializeAsync()
    {
        _backends = await own.Running();
        // A broker on which nothing was declared yet.
        await OnBroker(async channel =>
        {
            foreach (var exchange in new[] { Exchange, HeartbeatExchange }) await channel.ExchangeDeleteAsync(exchange);
            foreach (var queue in new[] { Queue, HeartbeatQueue }) await channel.QueueDeleteAsync(queue);
        });
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_broker_killed_under_load_loses_nothing()
    {
        await Bind();
        await using var journal = Open("journal");
        await using var reporting = new Reporting(this, journal);
        var traffic = Calls(journal, callers: 16, each: 500);
        await Until.Seen(() => Task.FromResult(reporting.Reporter.Confirmed), n => n > 500, "confirmed lines");
        await _backends.Kill("rabbitmq");
        await Until.Seen(() => Task.FromResult(reporting.Reporter.Connected), connected => !connected, "a lost connection");
        // A gateway does not wait for the broker.
        await traffic;
        journal.Waiting.ShouldBeGreaterThan(0);
        await _backends.Start("rabbitmq");
        await Until.Seen(() => Task.FromResult(journal.Waiting), waiting => waiting == 0, "a confirmed journal", secondsMax: 60);

        (await Delivered()).Select(l => l.Id).Distinct().Order().ShouldBe(Ids(16, 500).Order());
        await Until.Seen(() => Task.FromResult(Directory.GetFiles(Folder("journal"), "*.journal").Length), files => files <= 2, "deleted segments");
    }

    [Fact]
    public async Task Without_an_exchange_or_a_queue_lines_wait_and_are_then_delivered()
    {
        await using var journal = Open("journal");
        await using var reporting = new Reporting(this, journal);
        await Calls(journal, callers: 4, each: 200);
        await reporting.Said($"no exchange '{Exchange}'");
        await OnBroker(channel => channel.ExchangeDeclareAsync(Exchange, ExchangeType.Fanout, durable: true));
        await reporting.Said("NO_ROUTE");
        (journal.Waiting, reporting.Reporter.Confirmed).ShouldBe((800L, 0L));
        await Bind();
        await Until.Seen(() => Task.FromResult(journal.Waiting), waiting => waiting == 0, "a confirmed journal");
        (await Delivered()).Select(l => l.Id).Order().ShouldBe(Ids(4, 200).Order());
    }

    [Fact]
    public async Task What_a_process_had_settled_or_open_when_it_died_is_reported_by_the_next()
    {
        await Bind();
        var settled = new ConcurrentQueue<string>();
        string[] before;
        await using (var journal = Open("journal"))
        {
            await using var reporting = new Reporting(this, journal);
            for (var n = 0; n < 3; n++) await journal.Admit(Line($"open-{n}"), default);
            var traffic = Calls(journal, callers: 8, each: 300, settled);
            await Until.Seen(() => Task.FromResult(reporting.Reporter.Confirmed), n => n > 400, "confirmed lines");
            before = [.. settled];
            // Nothing is deleted meanwhile: all of it fits one segment.
            Directory.CreateDirectory(Folder("next"));
            foreach (var file in Directory.GetFiles(Folder("journal")).Where(f => !f.EndsWith("lock") && !f.EndsWith(".new")).Order())
                File.Copy(file, Path.Combine(Folder("next"), Path.GetFileName(file)));
            await traffic;
        }
        await Delivered();

        await using var next = Open("next");
        next.RecoveredOpen.ShouldBeGreaterThanOrEqualTo(3);
        next.RecoveredConfirmed.IsCompleted.ShouldBeFalse();
        await using var again = new Reporting(this, next);
        await next.RecoveredConfirmed.WaitAsync(TimeSpan.FromSeconds(30));
        next.Waiting.ShouldBe(0);
        var delivered = await Delivered();
        delivered.Count.ShouldBe(delivered.DistinctBy(l => l.Id).Count());
        delivered.Where(l => l.Estimated == true && l.Id.StartsWith("open-")).Count().ShouldBe(3);
        delivered.Where(l => l.Estimated == true).Select(l => l.Id).Intersect(before).ShouldBeEmpty();
        // The cursor may stand before the copy by a second at most, never behind what was not confirmed.
        (_delivered.Intersect(before).Count(), _delivered.Count(id => id.StartsWith("open-"))).ShouldBe((before.Length, 3));
    }

    [Fact]
    public async Task While_the_disk_refuses_usage_still_reaches_the_broker()
    {
        await Bind();
        var refuses = false;
        await using var journal = UsageJournal.Open(new JournalSettings(Folder("journal")) { BeforeWrite = () => { if (Volatile.Read(ref refuses)) throw new IOException("full"); } });
        await using var reporting = new Reporting(this, journal);
        for (var n = 0; n < 20; n++) await journal.Admit(Line($"{n}"), default);
        Volatile.Write(ref refuses, true);
        for (var n = 0; n < 20; n++) await journal.Settle(Line($"{n}"));
        await Until.Seen(() => Task.FromResult(reporting.Reporter.Confirmed), confirmed => confirmed == 20, "20 confirmed lines");
        journal.Fault.ShouldBe("full");
        (await Delivered()).Select(l => l.Id).Order().ShouldBe(Enumerable.Range(0, 20).Select(n => $"{n}").Order());
        Volatile.Write(ref refuses, false);
        await Until.Seen(() => Task.FromResult(journal.OpenCalls), open => open == 0, "a disk that took them");
    }

    [Fact]
    public async Task A_backlog_leaves_in_full_messages_that_any_consumer_takes()
    {
        await Bind();
        await using var journal = Open("journal");
        await Task.WhenAll(Enumerable.Range(0, 1_200).Select(async n => await journal.Settle(Line($"small-{n}"))));
        var large = new Dictionary<string, string> { ["x"] = new('x', 60_000) };
        await Task.WhenAll(Enumerable.Range(0, 40).Select(async n => await journal.Settle(Line($"large-{n}") with { Metadata = large })));
        await using var reporting = new Reporting(this, journal);
        await Until.Seen(() => Task.FromResult(journal.Waiting), waiting => waiting == 0, "a confirmed journal");
        (await Delivered()).Count.ShouldBe(1_240);
        _messages.Count.ShouldBeLessThan(10);
        _messages.ShouldAllBe(m => m.Bytes < 1_000_000 && m.Lines >= 1 && m.Lines <= 500);
        _messages.ShouldAllBe(m => m.Persistent && m.ContentType == "application/json" && m.GatewayId == "edge");
        _messages.ShouldContain(m => m.Lines == 500);
    }

    [Fact]
    public async Task A_reporter_says_that_it_lives_and_at_its_end_that_it_ends_in_order()
    {
        await Bind(Exchange, Queue);
        await Bind(HeartbeatExchange, HeartbeatQueue);
        var run = Guid.CreateVersion7();
        await using var journal = Open("journal");
        var reporting = new Reporting(this, journal, run);
        // Taken from the queue, so that nothing is read twice.
        var beats = new List<(GatewayHeartbeat Beat, string Json, bool Persistent)>();
        await Until.Seen(() => Beats(beats), count => count >= 2, "two heartbeats");
        await reporting.DisposeAsync();
        await Until.Seen(() => Beats(beats), count => count == 3, "a last heartbeat");

        beats.ShouldAllBe(b => b.Beat.GatewayId == "edge" && b.Beat.GatewayEpoch == run && b.Beat.WaitingLines == 0 && !b.Persistent);
        beats.Select(b => b.Beat.Stopping).ShouldBe([false, false, true]);
        (beats[1].Beat.At - beats[0].Beat.At).TotalSeconds.ShouldBeInRange(9.5, 19);
        JsonDocument.Parse(beats[0].Json).RootElement.EnumerateObject().Select(m => m.Name).ShouldBe(["gatewayId", "gatewayEpoch", "at", "waitingLines", "stopping"]);
    }

    [Fact]
    public async Task Where_the_broker_takes_no_heartbeat_that_is_said_once_and_usage_goes_on()
    {
        await Bind();
        await using var journal = Open("journal");
        await using var reporting = new Reporting(this, journal);
        await reporting.Said(HeartbeatExchange);
        await Calls(journal, callers: 4, each: 50);
        await Until.Seen(() => Task.FromResult(journal.Waiting), waiting => waiting == 0, "a confirmed journal");
        reporting.Log.ShouldNotContain(line => line.Contains("lines wait for the broker"));
        // On the next connection it is refused again.
        await _backends.Kill("rabbitmq");
        await Until.Seen(() => Task.FromResult(reporting.Reporter.Connected), connected => !connected, "a lost connection");
        await _backends.Start("rabbitmq");
        await Until.Seen(() => Task.FromResult(reporting.Reporter.Connected), connected => connected, "a new connection");
        await journal.Settle(Line("after"));
        await Until.Seen(() => Task.FromResult(journal.Waiting), waiting => waiting == 0, "a confirmed journal");
        (await Delivered()).Count.ShouldBe(201);
        await Task.Delay(500);
        reporting.Log.Count(line => line.Contains(HeartbeatExchange)).ShouldBe(1, string.Join('\n', reporting.Log));
    }

    private readonly ConcurrentBag<string> _delivered = [];
    private readonly List<(int Bytes, int Lines, bool Persistent, string? ContentType, string GatewayId)> _messages = [];

    private sealed class Reporting : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly ConcurrentQueue<string> _log = [];
        private readonly Task _run;

        public Reporting(ReporterTests test, UsageJournal journal, Guid? run = null)
        {
            Reporter = new(journal, new ReporterSettings(new Uri(test._backends.RabbitMq), "edge") { GatewayEpoch = run }, TimeProvider.System, _log.Enqueue);
            _run = Reporter.Run(_stop.Token);
        }

        public UsageReporter Reporter { get; }
        public IReadOnlyCollection<string> Log => [.. _log];

        public Task Said(string part) => Until.Seen(() => Task.FromResult(string.Join('\n', _log)), log => log.Contains(part), part);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _run;
            _stop.Dispose();
        }
    }

    private string Folder(string name) => Path.Combine(_folder.FullName, name);

    private UsageJournal Open(string name) => UsageJournal.Open(new JournalSettings(Folder(name)));

    private static UsageLine Line(string id) => new()
    {
        Id = id, Time = DateTimeOffset.UtcNow, KeySha256 = new string('a', 64), Provider = "openai", Model = "gpt-4o",
        Usage = new() { InputTokens = 1_000, OutputTokens = 100 },
    };

    private static IEnumerable<string> Ids(int callers, int each) =>
        Enumerable.Range(0, callers).SelectMany(c => Enumerable.Range(0, each).Select(n => $"{c}-{n}"));

    private static Task Calls(UsageJournal journal, int callers, int each, ConcurrentQueue<string>? settled = null) =>
        Task.WhenAll(Enumerable.Range(0, callers).Select(c => Task.Run(async () =>
        {
            for (var n = 0; n < each; n++)
            {
                await journal.Admit(Line($"{c}-{n}"), default);
                // A provider's time, so that the faults come in the middle.
                await Task.Delay(5);
                await journal.Settle(Line($"{c}-{n}"));
                settled?.Enqueue($"{c}-{n}");
            }
        })));

    private Task Bind() => Bind(Exchange, Queue);

    private Task Bind(string exchange, string queue) => OnBroker(async channel =>
    {
        await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true);
        await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false);
        await channel.QueueBindAsync(queue, exchange, "");
    });

    private async Task<int> Beats(List<(GatewayHeartbeat Beat, string Json, bool Persistent)> seen)
    {
        await OnBroker(async channel =>
        {
            while (await channel.BasicGetAsync(HeartbeatQueue, autoAck: true) is { } message)
                seen.Add((JsonSerializer.Deserialize<GatewayHeartbeat>(message.Body.Span, JsonSerializerOptions.Web)!,
                    Encoding.UTF8.GetString(message.Body.Span), message.BasicProperties.Persistent));
        });
        return seen.Count;
    }

    // Takes what there is out of the queue.
    private async Task<IReadOnlyList<UsageLine>> Delivered()
    {
        var lines = new List<UsageLine>();
        await OnBroker(async channel =>
        {
            while (await channel.BasicGetAsync(Queue, autoAck: true) is { } message)
            {
                var report = JsonSerializer.Deserialize<UsageReported>(message.Body.Span, JsonSerializerOptions.Web)!;
                lines.AddRange(report.Lines);
                _messages.Add((message.Body.Length, report.Lines.Count, message.BasicProperties.Persistent, message.BasicProperties.ContentType, report.GatewayId));
            }
        });
        foreach (var line in lines) _delivered.Add(line.Id);
        return lines;
    }

    private async Task OnBroker(Func<IChannel, Task> act)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(_backends.RabbitMq) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await act(channel);
    }
}
