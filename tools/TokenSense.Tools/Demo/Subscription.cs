using System.Text.Json;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace TokenSense.Tools.Demo;

/// <summary>Hears one message type as anybody may: a queue of its own at the exchange named by the type.</summary>
public sealed class Subscription : IAsyncDisposable
{
    private readonly IChannel _channel;

    private Subscription(IChannel channel) => _channel = channel;

    public static async Task<Subscription> Open<T>(IConnection connection, Action<T> hear, CancellationToken ct)
    {
        var exchange = $"{typeof(T).Namespace}:{typeof(T).Name}";
        var channel = await connection.CreateChannelAsync(cancellationToken: ct);
        await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true, cancellationToken: ct);
        var queue = await channel.QueueDeclareAsync(cancellationToken: ct);
        await channel.QueueBindAsync(queue.QueueName, exchange, "", cancellationToken: ct);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivered) =>
        {
            // MassTransit's envelope holds the message beside its addresses.
            var envelope = JsonSerializer.Deserialize<JsonElement>(delivered.Body.Span);
            if (envelope.GetProperty("message").Deserialize<T>(JsonSerializerOptions.Web) is { } message) hear(message);
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue.QueueName, autoAck: true, consumer, ct);
        return new Subscription(channel);
    }

    public ValueTask DisposeAsync() => _channel.DisposeAsync();
}
