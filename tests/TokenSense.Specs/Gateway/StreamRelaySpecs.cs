using System.Text;
using Shouldly;
using TokenSense.Gateway.Providers;
using TokenSense.Gateway.Proxy;
using TokenSense.Pricing;
using Xunit;

namespace TokenSense.Specs.Gateway;

public sealed class StreamRelaySpecs : IAsyncDisposable
{
    private const string Hello = """data: {"id":"c","object":"chat.completion.chunk","model":"gpt-4o","choices":[{"index":0,"delta":{"content":"Hello"}}],"usage":null}""" + "\n\n";
    private const string Stop = """data: {"id":"c","object":"chat.completion.chunk","model":"gpt-4o","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}""" + "\n\n";
    private const string Used =
        """data: {"id":"c","object":"chat.completion.chunk","model":"gpt-4o","choices":[],"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120}}""" + "\n\n";
    private const string Done = "data: [DONE]\n\n";

    private readonly AdmittedCalls _calls = new();
    private readonly StringBuilder _down = new();
    private readonly List<(string Sent, decimal? CostUsd)> _writes = [];

    [Fact]
    public async Task The_usage_chunk_is_withheld_from_a_client_that_did_not_ask()
    {
        (await Relay(false, Hello, Stop, Used, Done)).CostUsd.ShouldBe(0.00045m);
        _down.ToString().ShouldBe(Hello + Stop + Done);
    }

    [Fact]
    public async Task A_client_that_asked_gets_every_byte()
    {
        (await Relay(true, Hello, Stop, Used, Done)).CostUsd.ShouldBe(0.00045m);
        _down.ToString().ShouldBe(Hello + Stop + Used + Done);
    }

    [Fact]
    public async Task However_the_bytes_are_cut_they_come_out_the_same()
    {
        var all = Hello + Stop + Used + Done;
        for (var size = 1; size < 40; size++)
        {
            _down.Clear();
            var call = await Relay(false, [.. all.Chunk(size).Select(piece => new string(piece))]);
            (_down.ToString(), call.CostUsd).ShouldBe((Hello + Stop + Done, 0.00045m));
        }
    }

    [Fact]
    public async Task No_client_sees_the_end_before_the_call_is_metered()
    {
        await Relay(true, Hello, Stop, Used, Done);
        _writes.ShouldContain(write => write.Sent.Contains("Hello") && write.CostUsd == null);
        _writes.Where(write => write.Sent.Contains("prompt_tokens") || write.Sent.Contains("[DONE]")).ShouldAllBe(write => write.CostUsd == 0.00045m);
    }

    [Fact]
    public async Task A_stream_without_usage_is_metered_by_what_was_seen()
    {
        var call = await Relay(false, Hello, Stop, Done);
        call.CostUsd.ShouldNotBeNull().ShouldBeGreaterThan(0);
        _down.ToString().ShouldBe(Hello + Stop + Done);
    }

    [Fact]
    public async Task A_stream_that_the_provider_breaks_off_is_metered_and_said_to_be_broken()
    {
        var call = await _calls.Next();
        (await new StreamRelay(call, new("openai", "chat"), 30, Operation.Chat, true, 200).Run(new Pieces([Hello], breaks: true), Down(call), TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).ShouldBeFalse();
        call.CostUsd.ShouldNotBeNull().ShouldBeGreaterThan(0);
        _down.ToString().ShouldBe(Hello);
    }

    [Fact]
    public async Task A_provider_that_says_all_and_then_does_not_close_is_not_waited_for()
    {
        var call = await _calls.Next();
        (await new StreamRelay(call, new("openai", "chat"), 30, Operation.Chat, true, 200).Run(new Pieces([Hello, Used, Done], hangs: true), Down(call), TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken)).ShouldBeTrue();
        (call.CostUsd, _down.ToString()).ShouldBe((0.00045m, Hello + Done));
    }

    [Fact]
    public async Task A_provider_that_falls_silent_has_broken_off()
    {
        var call = await _calls.Next();
        var relay = new StreamRelay(call, new("openai", "chat"), 30, Operation.Chat, true, 200);
        (await relay.Run(new Pieces([Hello], hangs: true), Down(call), TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken)).ShouldBeFalse();
        call.CostUsd.ShouldNotBeNull().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task An_event_without_end_passes_unread()
    {
        var endless = "data: " + new string('x', 65 * 1024 * 1024);
        (await Relay(false, endless)).CostUsd.ShouldNotBeNull().ShouldBeGreaterThan(0);
        _down.Length.ShouldBe(endless.Length);
        // It was not gathered to its end.
        _writes.Count.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task Where_more_may_come_after_the_usage_it_is_not_held_for_long()
    {
        var call = await _calls.Next();
        var until = new TaskCompletionSource();
        var relay = new StreamRelay(call, new("openai", "chat"), 30, Operation.Gemini[1], withholdsUsage: false, 200);
        var whole = await relay.Run(new Pieces([Hello, Used], until: until.Task), bytes =>
        {
            if (Encoding.UTF8.GetString(bytes.Span).Contains("prompt_tokens")) until.SetResult();
            return Down(call)(bytes);
        }, TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        (whole, call.CostUsd, _down.ToString()).ShouldBe((true, 0.00045m, Hello + Used));
    }

    public ValueTask DisposeAsync() => _calls.DisposeAsync();

    private async Task<MeteredCall> Relay(bool asked, params string[] pieces)
    {
        var call = await _calls.Next();
        (await new StreamRelay(call, new("openai", "chat"), 30, Operation.Chat, withholdsUsage: !asked, 200).Run(new Pieces(pieces), Down(call), TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).ShouldBeTrue();
        return call;
    }

    private Func<ReadOnlyMemory<byte>, ValueTask> Down(MeteredCall call) => bytes =>
    {
        var text = Encoding.UTF8.GetString(bytes.Span);
        _down.Append(text);
        _writes.Add((text, call.CostUsd));
        return ValueTask.CompletedTask;
    };

    // Gives one piece a read; then ends, at once or when it may, breaks or hangs.
    private sealed class Pieces(string[] pieces, bool breaks = false, bool hangs = false, Task? until = null) : MemoryStream
    {
        private readonly Queue<byte[]> _left = new(pieces.Select(Encoding.UTF8.GetBytes));
        private ReadOnlyMemory<byte> _now;

        public override async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken ct = default)
        {
            if (_now.IsEmpty && _left.TryDequeue(out var next)) _now = next;
            if (_now.IsEmpty && breaks) throw new IOException("broken");
            if (_now.IsEmpty && until is not null) await until.WaitAsync(ct);
            if (_now.IsEmpty && hangs) await Task.Delay(Timeout.Infinite, ct);
            var count = Math.Min(_now.Length, into.Length);
            _now[..count].CopyTo(into);
            _now = _now[count..];
            return count;
        }
    }
}
