using RabbitMQ.Client;

namespace TokenSense.EndToEnd.Running;

/// <summary>Looks at the broker's queues.</summary>
public static class Queues
{
    /// <summary>Until nothing waits and nothing is being worked on: an exclusive look at ready messages, twice in a row, with all acknowledged.</summary>
    public static async Task Empty(Stack stack, string queue, int secondsMax = 90)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(stack.Backends.RabbitMq) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        var inRow = 0;
        await Until.Seen(async () => inRow = await channel.MessageCountAsync(queue) == 0 ? inRow + 1 : 0, seen => seen >= 10, $"an empty {queue}", secondsMax);
    }
}
