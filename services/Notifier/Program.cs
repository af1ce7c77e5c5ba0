using MassTransit;
using TokenSense.Contracts;
using TokenSense.Notifier;
using TokenSense.Notifier.Alerts;
using TokenSense.Notifier.Channels;
using TokenSense.Notifier.Deliveries;
using TokenSense.Notifier.Gateways;
using TokenSense.Notifier.Recipients;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;
using TokenSense.ServiceDefaults.Audit;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("notifier");
builder.Services.AddSingleton(ConsoleAddress.From(builder.Configuration));
builder.AddSenders();
builder.AddEventStore("notifier", [Directory.Tables, Tables.Script, RepeatedWrites.Tables], StoredEvents.Pin);
builder.AddAudit(StoredEvents.Audited);
builder.AddAccess();
builder.AddBus(
    bus =>
    {
        bus.AddConsumer<DirectoryConsumer>();
        bus.AddConsumer<PeopleConsumer>();
        bus.AddConsumer<ThresholdConsumer>();
        bus.AddConsumer<UsageConsumer>();
        bus.AddConsumer<GatewayHeartbeatConsumer>();
        bus.AddConsumer<BusConsumer>();
    },
    (rabbit, context) =>
    {
        rabbit.Receive(Queues.NotifierDirectory, concurrency: 8, endpoint =>
        {
            endpoint.ConfigureConsumer<DirectoryConsumer>(context);
            endpoint.ConfigureConsumer<PeopleConsumer>(context);
        });
        rabbit.Receive(Queues.NotifierAlerts, concurrency: 16, endpoint =>
        {
            // One workspace is written by one handler at a time; the others do not queue on its lock.
            var workspaces = endpoint.CreatePartitioner(16);
            endpoint.ConfigureConsumer<ThresholdConsumer>(context, consumer =>
            {
                consumer.Message<ThresholdCrossed>(message => message.UsePartitioner(workspaces, consumed => consumed.Message.WorkspaceId));
                consumer.Message<ThresholdCleared>(message => message.UsePartitioner(workspaces, consumed => consumed.Message.WorkspaceId));
            });
        });
        rabbit.Receive(Queues.NotifierUsage, concurrency: 4, endpoint =>
        {
            // One of a workspace after the other: what ends an item must not overtake what begins it.
            var workspaces = endpoint.CreatePartitioner(4);
            endpoint.ConfigureConsumer<UsageConsumer>(context, consumer =>
            {
                consumer.Message<ModelUnpriced>(message => message.UsePartitioner(workspaces, consumed => consumed.Message.WorkspaceId));
                consumer.Message<ModelPriced>(message => message.UsePartitioner(workspaces, consumed => consumed.Message.WorkspaceId));
                consumer.Message<UsageRejected>(message => message.UsePartitioner(workspaces, consumed => consumed.Message.WorkspaceId ?? Guid.Empty));
                consumer.Message<KeptUsageCleared>(message => message.UsePartitioner(workspaces, consumed => consumed.Message.WorkspaceId));
            });
        });
        // Of this process alone, and gone with it: what is heard too late says nothing.
        rabbit.ReceiveEndpoint(new TemporaryEndpointDefinition("notifier-gateways"), endpoint =>
        {
            endpoint.PublishFaults = false;
            endpoint.TakePlainJson();
            endpoint.ConfigureConsumer<GatewayHeartbeatConsumer>(context);
        });
        rabbit.ReceiveEndpoint(new TemporaryEndpointDefinition("notifier-bus"), endpoint =>
        {
            endpoint.PublishFaults = false;
            endpoint.ConfigureConsumer<BusConsumer>(context);
        });
    });
builder.AddRelay<AlertRelay>();
builder.Services.AddSingleton<ChannelStore>();
builder.Services.AddSingleton<ChannelChanges>();
builder.Services.AddSingleton<ChannelTrouble>();
builder.Services.AddSingleton<TestLimits>();
builder.Services.AddSingleton<AlertNames>();
builder.Services.AddSingleton<AlertViews>();
builder.Services.AddSingleton<AlertDesk>();
builder.Services.AddSingleton<Recipients>();
builder.Services.AddSingleton<Operators>();
builder.Services.AddSingleton<Forgetting>();
builder.Services.AddSingleton<DueMessages>();
builder.Services.AddSingleton<Notices>();
builder.Services.AddSingleton<Carriers>();
builder.Services.AddSingleton<Courier>();
builder.Services.AddSingleton<GatewayRuns>();
builder.Services.AddSingleton<SilentGateways>();
builder.Services.AddSingleton<AlertChanges>();
builder.Services.AddHostedService(services => services.GetRequiredService<AlertChanges>());
builder.Services.AddHostedService<Dispatcher>();
builder.Services.AddHostedService<GatewayWatch>();
builder.Services.AddHostedService<Upkeep>();

var app = builder.Build();
app.MapServiceDefaults();
var api = app.MapApi();
api.MapAlerts();
api.MapAlertStream();
api.MapChannels();
api.MapTestChannel();
api.MapAudit();
app.Run();
