using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace TokenSense.EndToEnd.Running;

/// <summary>Subscribes to one message type as anybody may.</summary>
public sealed class Watcher : IAsyncDisposable
{
    private IConnection? _connection;

    public ConcurrentQueue<JsonNode> Seen { get; } = [];

    public static async Task<Watcher> On(Stack stack, string type)
    {
        var watcher = new Watcher { _connection = await new ConnectionFactory { Uri = new Uri(stack.Backends.RabbitMq) }.CreateConnectionAsync() };
        var channel = await watcher._connection.CreateChannelAsync();
        var exchange = $"TokenSense.Contracts:{type}";
        await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true);
        var queue = await channel.QueueDeclareAsync();
        await channel.QueueBindAsync(queue.QueueName, exchange, "");
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            var body = JsonNode.Parse(delivery.Body.Span)!;
            // MassTransit's envelope, or plain JSON from a gateway.
            watcher.Seen.Enqueue(body["messageType"] is null ? body : body["message"]!);
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue.QueueName, autoAck: true, consumer);
        return watcher;
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null) await _connection.DisposeAsync();
    }
}
