using System.Text.Json;
using System.Text.Json.Nodes;
using RabbitMQ.Client;
using TokenSense.Contracts;

namespace TokenSense.EndToEnd.Running;

/// <summary>Messages of the system's own, as its services publish them.</summary>
public static class BusMessages
{
    /// <param name="stack">Whose broker.</param>
    /// <param name="messages">Contracts, each with its message id; the same id is the same message.</param>
    public static async Task Publish(Stack stack, IEnumerable<(object Message, Guid Id)> messages)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(stack.Backends.RabbitMq) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        foreach (var page in messages.Chunk(64))
            await Task.WhenAll(page.Select(message => Publish(channel, message.Message, message.Id).AsTask()));
    }

    public static Task Publish(Stack stack, params object[] messages) => Publish(stack, messages.Select(m => (m, Guid.NewGuid())));

    private static ValueTask Publish(IChannel channel, object message, Guid id)
    {
        var type = message.GetType();
        var envelope = new JsonObject
        {
            ["messageId"] = id, ["messageType"] = new JsonArray($"urn:message:{type.Namespace}:{type.Name}"),
            ["message"] = JsonSerializer.SerializeToNode(message, type, JsonSerializerOptions.Web),
        };
        return channel.BasicPublishAsync($"{typeof(ThresholdCrossed).Namespace}:{type.Name}", "", mandatory: true,
            new BasicProperties { Persistent = true, ContentType = "application/vnd.masstransit+json", MessageId = id.ToString() }, JsonSerializer.SerializeToUtf8Bytes(envelope));
    }
}
