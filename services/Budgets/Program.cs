using MassTransit;
using TokenSense.Budgets;
using TokenSense.Budgets.Enforcement;
using TokenSense.Budgets.Limits;
using TokenSense.Budgets.Spend;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;
using TokenSense.ServiceDefaults.Audit;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("budgets");
builder.AddEventStore("budgets", [Directory.Tables, Tables.Script, Tables.Included, RepeatedWrites.Tables], StoredEvents.Pin);
builder.AddAudit(StoredEvents.Audited);
builder.AddAccess();
builder.AddBus(
    bus =>
    {
        bus.AddConsumer<DirectoryConsumer>();
        bus.AddConsumer<UsageRecordedConsumer>();
        bus.AddConsumer<MeteringHeartbeatConsumer>();
    },
    (rabbit, context) =>
    {
        rabbit.Receive(Queues.BudgetsDirectory, concurrency: 8, endpoint => endpoint.ConfigureConsumer<DirectoryConsumer>(context));
        rabbit.Receive(Queues.BudgetsUsageRecorded, concurrency: 32, endpoint =>
        {
            endpoint.ConfigureConsumer<MeteringHeartbeatConsumer>(context);
            // One workspace is written by one handler at a time; the others do not queue on its lock.
            endpoint.ConfigureConsumer<UsageRecordedConsumer>(context, consumer =>
                consumer.Message<UsageRecorded>(message => message.UsePartitioner(8, consumed => consumed.Message.WorkspaceId)));
        });
    });
builder.AddRelay<SpendRelay>();
builder.Services.AddSingleton<Epoch>();
builder.Services.AddSingleton<Upstream>();
builder.Services.AddSingleton<ScopeLookup>();
builder.Services.AddSingleton<BudgetChanges>();
builder.Services.AddHostedService<Heartbeat>();
builder.Services.AddResponseCompression(compression => compression.EnableForHttps = true);

var app = builder.Build();
await app.Services.GetRequiredService<Epoch>().Refresh(CancellationToken.None);
app.UseResponseCompression();
app.MapServiceDefaults();
var api = app.MapApi();
api.MapBudgets();
api.MapSpend();
api.MapSnapshot();
api.MapAudit();
app.Run();
