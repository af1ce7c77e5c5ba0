using System.Text;
using RabbitMQ.Client;

namespace TokenSense.ServiceDefaults;

/// <summary>Declares every queue of the system, with the arguments that keep what is confirmed.</summary>
internal static class QueueDeclaration
{
    /// <returns>The arguments by which this broker's queues are declared.</returns>
    public static async Task<IReadOnlyDictionary<string, object?>> Run(Uri address)
    {
        var factory = new ConnectionFactory { Uri = address, ClientProvidedName = "tokensense-queues" };
        var deadline = Environment.TickCount64 + 60_000;
        while (true)
        {
            try
            {
                await using var connection = await factory.CreateConnectionAsync();
                await using var channel = await connection.CreateChannelAsync();
                var arguments = Arguments(connection.ServerProperties);
                await Declare(channel, arguments);
                return arguments;
            }
            catch (Exception e) when (Faults.IsInfrastructure(e) && Environment.TickCount64 < deadline)
            {
                Console.WriteLine($"Waiting for the broker: {e.Message}");
                await Task.Delay(500);
            }
        }
    }

    // A quorum queue may not give a message up, however often it was delivered. RabbitMQ 4 does after 20 times unless told -1;
    // before 4 there is no limit, and -1 would drop a message at its first redelivery.
    private static Dictionary<string, object?> Arguments(IDictionary<string, object?>? server)
    {
        var version = server?.TryGetValue("version", out var value) == true && value is byte[] text ? Encoding.UTF8.GetString(text) : "";
        var arguments = new Dictionary<string, object?> { ["x-queue-type"] = "quorum" };
        if (int.TryParse(version.Split('.')[0], out var major) && major >= 4) arguments["x-delivery-limit"] = -1;
        return arguments;
    }

    private static async Task Declare(IChannel channel, Dictionary<string, object?> arguments)
    {
        foreach (var (queue, takes) in Queues.All)
        {
            await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments);
            await channel.ExchangeDeclareAsync(queue, ExchangeType.Fanout, durable: true);
            await channel.QueueBindAsync(queue, queue, "");
            foreach (var type in takes)
            {
                await channel.ExchangeDeclareAsync(Queues.ExchangeOf(type), ExchangeType.Fanout, durable: true);
                await channel.ExchangeBindAsync(queue, Queues.ExchangeOf(type), "");
            }
        }
    }
}
