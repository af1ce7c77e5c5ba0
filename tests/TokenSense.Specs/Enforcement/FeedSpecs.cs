using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Shouldly;
using TokenSense.Contracts;
using TokenSense.Enforcement;
using Xunit;
using static TokenSense.Specs.Enforcement.World;

namespace TokenSense.Specs.Enforcement;

/// <summary>The feed between a broker and an API that the spec plays.</summary>
public sealed class FeedSpecs
{
    private const string SpendExchange = "TokenSense.Contracts:SpendChanged", BeatExchange = "TokenSense.Contracts:BudgetsHeartbeat";

    // From a version to come: the state it tells is one that this gateway lacks.
    private static readonly byte[] Unreadable = Encoding.UTF8.GetBytes("""{"epoch":1,"scope":"galaxy"}""");

    [Fact]
    public async Task A_message_that_cannot_be_read_puts_it_out_of_step_until_a_snapshot_makes_up_for_it()
    {
        await using var feed = new Feeding();
        feed.Api.Answer(1);
        await Until(() => feed.Feed.InStep);

        feed.Feed.Take(Unreadable, SpendExchange);
        feed.Feed.InStep.ShouldBeFalse();
        feed.Feed.Malformed.ShouldBe(1);
        feed.Feed.Take(JsonSerializer.SerializeToUtf8Bytes(new BudgetsHeartbeat { Epoch = 1, CompleteTo = Now.AddHours(1) }, JsonSerializerOptions.Web), BeatExchange);
        feed.Enforcer.CompleteTo.ShouldBe(Now);

        feed.Api.Answer(1);
        await Until(() => feed.Feed.InStep);
        feed.Api.Asked.ShouldBe(2);
    }

    [Fact]
    public async Task A_snapshot_that_was_asked_for_before_the_unreadable_message_does_not_make_up_for_it()
    {
        await using var feed = new Feeding();
        await Until(() => feed.Api.Asked == 1);
        feed.Feed.Take(Unreadable, SpendExchange);
        feed.Api.Answer(1);
        await Until(() => feed.Api.Asked == 2);
        feed.Enforcer.Epoch.ShouldBe(1);
        feed.Feed.InStep.ShouldBeFalse();
        feed.Api.Answer(1);
        await Until(() => feed.Feed.InStep);
    }

    [Fact]
    public async Task Many_unreadable_messages_ask_for_one_snapshot()
    {
        await using var feed = new Feeding();
        feed.Api.Answer(3);
        await Until(() => feed.Feed.InStep);
        for (var i = 0; i < 50; i++) feed.Feed.Take(Unreadable, SpendExchange);
        await Until(() => feed.Feed.InStep);
        feed.Feed.Malformed.ShouldBe(50);
        // Those that came while the second was answered need a third.
        feed.Api.Asked.ShouldBeInRange(2, 3);
    }

    private static async Task Until(Func<bool> holds)
    {
        for (var i = 0; i < 500 && !holds(); i++) await Task.Delay(10, TestContext.Current.CancellationToken);
        holds().ShouldBeTrue();
    }

    private sealed class Feeding : IAsyncDisposable
    {
        private readonly CancellationTokenSource _ended = new();
        private readonly Task _reading;

        public Feeding()
        {
            Feed = new(Enforcer, new(new("amqp://unused"), new("http://api"), "tsg_") { ApiHandler = Api }, TimeProvider.System);
            _reading = Feed.ReadSnapshots(_ended.Token);
        }

        public Api Api { get; } = new();
        public Enforcer Enforcer { get; } = new();
        public EnforcementFeed Feed { get; }

        public async ValueTask DisposeAsync()
        {
            await _ended.CancelAsync();
            await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Feed.Dispose();
            _ended.Dispose();
        }
    }

    /// <summary>Answers with a snapshot whenever the spec says so.</summary>
    private sealed class Api : HttpMessageHandler
    {
        private readonly SemaphoreSlim _answers = new(0);
        private int _asked;

        public int Asked => Volatile.Read(ref _asked);

        public void Answer(int times) => _answers.Release(times);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
        {
            Interlocked.Increment(ref _asked);
            await _answers.WaitAsync(ct);
            return new(HttpStatusCode.OK)
            {
                Content = JsonContent.Create(new EnforcementSnapshot { Epoch = 1, CompleteTo = Now, Workspaces = [], Projects = [], Keys = [], Spend = [] }),
            };
        }
    }
}
