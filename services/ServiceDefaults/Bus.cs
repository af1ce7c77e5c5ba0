using System.Text.Json.Serialization;
using MassTransit;
using MassTransit.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace TokenSense.ServiceDefaults;

/// <summary>MassTransit on RabbitMQ: durable quorum queues, acknowledged after commit.</summary>
public static class Bus
{
    public static void AddBus(
        this WebApplicationBuilder builder, Action<IBusRegistrationConfigurator>? consumers = null, Action<IRabbitMqBusFactoryConfigurator, IBusRegistrationContext>? endpoints = null)
    {
        var address = builder.Configuration.GetConnectionString("RabbitMq")
            ?? throw new InvalidOperationException("ConnectionStrings__RabbitMq is not set: it names the broker (amqp://user:password@host:port/vhost).");
        // Before anything is sent, so that no message leaves while a queue is missing.
        QueueDeclaration.Run(new Uri(address)).GetAwaiter().GetResult();
        builder.Services.Configure<MassTransitHostOptions>(options =>
        {
            options.WaitUntilStarted = false;
            options.StopTimeout = TimeSpan.FromSeconds(20);
        });
        builder.Services.AddHealthChecks().AddCheck<Standstill>("consumers");
        builder.Services.AddMassTransit(bus =>
        {
            bus.SetKebabCaseEndpointNameFormatter();
            bus.DisableUsageTelemetry();
            consumers?.Invoke(bus);
            bus.UsingRabbitMq((context, rabbit) =>
            {
                rabbit.Host(new Uri(address));
                rabbit.ConfigureJsonSerializerOptions(options =>
                {
                    // Money is a JSON number with all its digits, on the bus as in the API.
                    foreach (var converter in options.Converters.Where(c => c.GetType().Name.Contains("Decimal", StringComparison.Ordinal)).ToList())
                        options.Converters.Remove(converter);
                    options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
                    return options;
                });
                endpoints?.Invoke(rabbit, context);
            });
        });
    }

    /// <summary>For a queue of one message type: JSON without MassTransit's envelope, with or without a content type, is taken too.</summary>
    public static void TakePlainJson(this IReceiveEndpointConfigurator endpoint) =>
        endpoint.UseRawJsonDeserializer(RawSerializerOptions.All, isDefault: true);

    /// <summary>A durable queue of <see cref="Queues"/>.</summary>
    public static void Receive(
        this IRabbitMqBusFactoryConfigurator rabbit, string queue, int concurrency, Action<IRabbitMqReceiveEndpointConfigurator> configure) =>
        rabbit.ReceiveEndpoint(queue, endpoint =>
        {
            foreach (var (name, value) in Queues.Arguments) endpoint.SetQueueArgument(name, value);
            endpoint.Durable = true;
            endpoint.PrefetchCount = (ushort)(concurrency * 2);
            endpoint.ConcurrentMessageLimit = concurrency;
            endpoint.PublishFaults = false;
            configure(endpoint);
        });
}
