using System.Collections.Concurrent;
using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace TokenSense.EndToEnd.Running;

/// <summary>Every message of the system's contracts as it passes, headers and body, but for what gateways of others publish.</summary>
public sealed class BusRecord : IAsyncDisposable
{
    private IConnection? _connection;

    public ConcurrentQueue<string> Messages { get; } = [];

    public static async Task<BusRecord> Of(Stack stack)
    {
        var record = new BusRecord { _connection = await new ConnectionFactory { Uri = new Uri(stack.Backends.RabbitMq) }.CreateConnectionAsync() };
        var channel = await record._connection.CreateChannelAsync();
        var queue = await channel.QueueDeclareAsync();
        foreach (var type in typeof(Contracts.UsageReported).Assembly.GetExportedTypes().Where(IsMessage))
        {
            await channel.ExchangeDeclareAsync($"{type.Namespace}:{type.Name}", ExchangeType.Fanout, durable: true);
            await channel.QueueBindAsync(queue.QueueName, $"{type.Namespace}:{type.Name}", "");
        }
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            var headers = string.Join(' ', delivery.BasicProperties.Headers?.Select(h => $"{h.Key}={(h.Value is byte[] bytes ? Encoding.UTF8.GetString(bytes) : h.Value)}") ?? []);
            record.Messages.Enqueue($"{delivery.Exchange} {headers} {Encoding.UTF8.GetString(delivery.Body.Span)}");
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue.QueueName, autoAck: true, consumer);
        return record;
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null) await _connection.DisposeAsync();
    }

    // Every class of the contracts: an exchange that nobody publishes to costs nothing.
    private static bool IsMessage(Type type) => type is { IsClass: true, IsAbstract: false, IsGenericType: false } && type.Namespace == typeof(Contracts.UsageReported).Namespace;
}
