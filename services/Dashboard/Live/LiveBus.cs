using MassTransit;
using TokenSense.ServiceDefaults;

namespace TokenSense.Dashboard.Live;

/// <summary>Listens on the bus with a queue of this process alone, gone with it: what is heard too late says nothing.</summary>
public static class LiveBus
{
    public static void AddLive(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<LiveChanges>();
        builder.AddBus(bus => bus.AddConsumer<LiveConsumer>(), (rabbit, context) =>
            rabbit.ReceiveEndpoint(new TemporaryEndpointDefinition("dashboard"), endpoint =>
            {
                endpoint.PublishFaults = false;
                endpoint.ConnectReceiveEndpointObserver(new LiveReturn(context.GetRequiredService<LiveChanges>()));
                endpoint.ConfigureConsumer<LiveConsumer>(context);
            }));
    }
}
