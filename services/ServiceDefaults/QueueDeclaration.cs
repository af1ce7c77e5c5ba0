using RabbitMQ.Client;

namespace TokenSense.ServiceDefaults;

/// <summary>Declares every queue of the system before anything is sent.</summary>
internal static class QueueDeclaration
{
    public static async Task Run(Uri address)
    {
        var factory = new ConnectionFactory { Uri = address, ClientProvidedName = "tokensense-queues" };
        var deadline = Environment.TickCount64 + 60_000;
        while (true)
        {
            try
            {
                await using var connection = await factory.CreateConnectionAsync();
                await using var channel = await connection.CreateChannelAsync();
                await Declare(channel);
                return;
            }
            catch (Exception e) when (Faults.IsInfrastructure(e) && Environment.TickCount64 < deadline)
            {
                Console.WriteLine($"Waiting for the broker: {e.Message}");
                await Task.Delay(500);
            }
        }
    }

    private static async Task Declare(IChannel channel)
    {
        foreach (var type in Queues.Announced)
            await channel.ExchangeDeclareAsync(Queues.ExchangeOf(type), ExchangeType.Fanout, durable: true);
        foreach (var (queue, takes) in Queues.All)
        {
            await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, Queues.Arguments.ToDictionary());
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
