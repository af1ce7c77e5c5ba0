using TokenSense.Metering;
using TokenSense.Metering.Prices;
using TokenSense.Metering.Reports;
using TokenSense.Metering.Usage;
using TokenSense.Pricing;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;
using TokenSense.ServiceDefaults.Audit;
using MassTransit;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("metering", ReportUsage.BodyBytesMax);
builder.AddEventStore("metering", [Directory.Tables, Tables.Script, Tables.Reports, Tables.ProjectDays, RepeatedWrites.Tables], StoredEvents.Pin);
builder.AddAudit(StoredEvents.Audited);
builder.AddAccess();
builder.AddBus(
    bus =>
    {
        bus.AddConsumer<DirectoryConsumer>();
        bus.AddConsumer<UsageReportedConsumer>();
    },
    (rabbit, context) =>
    {
        rabbit.Receive(Queues.MeteringDirectory, concurrency: 8, endpoint => endpoint.ConfigureConsumer<DirectoryConsumer>(context));
        rabbit.Receive(Queues.MeteringUsageReported, concurrency: 8, endpoint =>
        {
            endpoint.TakePlainJson();
            endpoint.ConfigureConsumer<UsageReportedConsumer>(context);
        });
    });
builder.AddRelay<UsageRelay>();
builder.Services.AddSingleton(PriceBook.Default);
builder.Services.AddSingleton<OwnBooks>();
builder.Services.AddSingleton<Pricer>();
builder.Services.AddSingleton<KeptAside>();
builder.Services.AddSingleton<KeptLineChanges>();
builder.Services.AddSingleton<KeyUse>();
builder.Services.AddSingleton<UsageRecorder>();
builder.Services.AddSingleton<UsageIntake>();
builder.Services.AddSingleton<GatewayNames>();
builder.Services.AddSingleton<Admission>();
builder.Services.AddSingleton<ExportRead>();
builder.Services.AddSingleton<ExportPlaces>();
builder.Services.AddHostedService<PendingUsage>();
builder.Services.AddHostedService<FillUsageLines>();
builder.Services.AddHostedService<RecordedTo>();
builder.Services.AddHostedService<TellKeysUsed>();

var app = builder.Build();
app.MapServiceDefaults();
var api = app.MapApi();
api.MapReportUsage();
api.MapGetOneUsage();
api.MapKeptAside();
api.MapRetryRejected();
api.MapDismissKept();
api.MapGetUsage();
api.MapExport();
api.MapPrices();
api.MapOwnPrices();
api.MapAudit();
app.Run();
