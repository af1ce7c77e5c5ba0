using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using TokenSense.Contracts;

namespace TokenSense.Tools.Demo;

/// <summary>Reports usage as any gateway can: plain JSON to the exchange of <see cref="UsageReported"/>, persistent and confirmed.</summary>
/// <remarks>Lines leave at once when nothing is unconfirmed, else together when there are 500 or after 50 ms.</remarks>
public sealed class UsageReporter : IAsyncDisposable
{
    private const string Exchange = "TokenSense.Contracts:UsageReported";
    private const int LinesMax = 500;
    private static readonly TimeSpan GatherMax = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ConfirmMax = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan RetryFor = TimeSpan.FromSeconds(60);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
    private static readonly BasicProperties Persistent = new() { Persistent = true, ContentType = "application/json" };

    private readonly Channel<Waiting> _lines = Channel.CreateUnbounded<Waiting>();
    private readonly IChannel _channel;
    private readonly string _gatewayId;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;
    private readonly Lock _gate = new();
    private TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _unconfirmed;

    private UsageReporter(IChannel channel, string gatewayId)
    {
        (_channel, _gatewayId) = (channel, gatewayId);
        _idle.SetResult();
        _run = Run();
    }

    public static async Task<UsageReporter> Open(IConnection connection, string gatewayId, CancellationToken ct) =>
        new(await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), ct), gatewayId);

    /// <summary>Returns when the broker holds the line.</summary>
    public async Task Report(UsageLine line, CancellationToken ct)
    {
        var waiting = new Waiting(line, new(TaskCreationOptions.RunContinuationsAsynchronously));
        await _lines.Writer.WriteAsync(waiting, ct);
        await waiting.Confirmed.Task.WaitAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        await _channel.DisposeAsync();
        _stop.Dispose();
    }

    private async Task Run()
    {
        try
        {
            while (await _lines.Reader.WaitToReadAsync(_stop.Token))
            {
                var group = new List<Waiting>();
                Take(group);
                var due = Task.Delay(GatherMax, _stop.Token);
                while (group.Count < LinesMax && !due.IsCompleted && Idle() is { IsCompleted: false } idle)
                {
                    await Task.WhenAny(due, idle, _lines.Reader.WaitToReadAsync(_stop.Token).AsTask());
                    Take(group);
                }
                _ = Send(group);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed: nobody waits for a line any more.
        }
    }

    private void Take(List<Waiting> group)
    {
        while (group.Count < LinesMax && _lines.Reader.TryRead(out var waiting)) group.Add(waiting);
    }

    private async Task Send(List<Waiting> group)
    {
        lock (_gate)
            if (_unconfirmed++ == 0) _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await Publish(JsonSerializer.SerializeToUtf8Bytes(new UsageReported { GatewayId = _gatewayId, Lines = [.. group.Select(w => w.Line)] }, Json));
            foreach (var waiting in group) waiting.Confirmed.SetResult();
        }
        catch (Exception e)
        {
            foreach (var waiting in group) waiting.Confirmed.SetException(e);
        }
        finally
        {
            lock (_gate)
                if (--_unconfirmed == 0) _idle.SetResult();
        }
    }

    // The same lines again count once, so whatever was not confirmed is sent again.
    private async Task Publish(byte[] body)
    {
        var deadline = Environment.TickCount64 + (long)RetryFor.TotalMilliseconds;
        while (true)
        {
            try
            {
                using var confirmed = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                confirmed.CancelAfter(ConfirmMax);
                await _channel.BasicPublishAsync(Exchange, "", mandatory: true, Persistent, body, confirmed.Token);
                return;
            }
            catch (Exception e) when (e is RabbitMQClientException or IOException or OperationCanceledException
                                      && !_stop.IsCancellationRequested && Environment.TickCount64 < deadline)
            {
                await Task.Delay(250, _stop.Token);
            }
        }
    }

    private Task Idle()
    {
        lock (_gate) return _idle.Task;
    }

    private sealed record Waiting(UsageLine Line, TaskCompletionSource Confirmed);
}
