using System.Collections.Concurrent;
using System.Text.Json;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using TokenSense.Contracts;

namespace TokenSense.Tools.Demo;

/// <summary>Hears of crossed thresholds as an ops team would: a queue of its own at the exchange of <see cref="ThresholdCrossed"/>.</summary>
public sealed class CrossingWatch : IAsyncDisposable
{
    private const string Exchange = "TokenSense.Contracts:ThresholdCrossed";

    // By crossing, as a message may come twice.
    private readonly ConcurrentDictionary<Guid, ThresholdCrossed> _crossings = new();
    private readonly IChannel _channel;

    private CrossingWatch(IChannel channel) => _channel = channel;

    public static async Task<CrossingWatch> Open(IConnection connection, CancellationToken ct)
    {
        var channel = await connection.CreateChannelAsync(cancellationToken: ct);
        var watch = new CrossingWatch(channel);
        await channel.ExchangeDeclareAsync(Exchange, ExchangeType.Fanout, durable: true, cancellationToken: ct);
        var queue = await channel.QueueDeclareAsync(cancellationToken: ct);
        await channel.QueueBindAsync(queue.QueueName, Exchange, "", cancellationToken: ct);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivered) => watch.Hear(delivered.Body.Span);
        await channel.BasicConsumeAsync(queue.QueueName, autoAck: true, consumer, ct);
        return watch;
    }

    /// <summary>How often each threshold of a scope was crossed.</summary>
    public IReadOnlyDictionary<int, int> Of(Guid scopeId) =>
        _crossings.Values.Where(c => c.ScopeId == scopeId).GroupBy(c => c.Threshold).ToDictionary(c => c.Key, c => c.Count());

    public ValueTask DisposeAsync() => _channel.DisposeAsync();

    private Task Hear(ReadOnlySpan<byte> body)
    {
        // MassTransit's envelope holds the message beside its addresses.
        var envelope = JsonSerializer.Deserialize<JsonElement>(body);
        if (envelope.GetProperty("message").Deserialize<ThresholdCrossed>(JsonSerializerOptions.Web) is { } crossed) _crossings.TryAdd(crossed.CrossingId, crossed);
        return Task.CompletedTask;
    }
}
