using TokenSense.Metering;
using TokenSense.Metering.Prices;
using TokenSense.Metering.Reports;
using TokenSense.Metering.Usage;
using TokenSense.Pricing;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;
using MassTransit;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("metering", ReportUsage.BodyBytesMax);
builder.AddEventStore("metering", [Directory.Tables, Tables.Script], store =>
{
    store.Events.MapEventType<UsageEvent.UsageRecorded>("usage-recorded");
    store.Events.MapEventType<UsageEvent.UsageRefused>("usage-refused");
});
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
builder.Services.AddSingleton<Pricer>();
builder.Services.AddSingleton<KeptAside>();
builder.Services.AddSingleton<UsageRecorder>();
builder.Services.AddSingleton<UsageIntake>();
builder.Services.AddSingleton<Admission>();
builder.Services.AddHostedService<PendingUsage>();
builder.Services.AddHostedService<RecordedTo>();

var app = builder.Build();
app.MapServiceDefaults();
app.MapReportUsage();
app.MapGetOneUsage();
app.MapKeptAside();
app.MapGetUsage();
app.MapPrices();
app.Run();
