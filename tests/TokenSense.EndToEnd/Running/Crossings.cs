using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace TokenSense.EndToEnd.Running;

/// <summary>Subscribes to <c>ThresholdCrossed</c> as an ops team would, and keeps each crossing by its id.</summary>
public sealed class Crossings : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Guid, JsonNode> _seen = [];
    private IConnection? _connection;

    public static async Task<Crossings> Watch(Stack stack)
    {
        var crossings = new Crossings();
        crossings._connection = await new ConnectionFactory { Uri = new Uri(stack.Backends.RabbitMq) }.CreateConnectionAsync();
        var channel = await crossings._connection.CreateChannelAsync();
        const string exchange = "TokenSense.Contracts:ThresholdCrossed";
        await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true);
        var queue = await channel.QueueDeclareAsync();
        await channel.QueueBindAsync(queue.QueueName, exchange, "");
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            var message = JsonNode.Parse(delivery.Body.Span)!["message"]!;
            crossings._seen.TryAdd((Guid)message["crossingId"]!, message);
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue.QueueName, autoAck: true, consumer);
        return crossings;
    }

    /// <summary>"project 80", "project 100", … of a workspace, in order of scope and threshold; each as often as it was crossed.</summary>
    public IReadOnlyList<string> Of(Workspace workspace) =>
        [.. _seen.Values.Where(c => (Guid)c["workspaceId"]! == workspace.Id)
            .Select(c => ((string)c["scope"]!, (int)c["threshold"]!)).Order().Select(c => $"{c.Item1} {c.Item2}")];

    public JsonNode Single(Workspace workspace, int threshold) =>
        _seen.Values.Single(c => (Guid)c["workspaceId"]! == workspace.Id && (int)c["threshold"]! == threshold);

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null) await _connection.DisposeAsync();
    }
}
