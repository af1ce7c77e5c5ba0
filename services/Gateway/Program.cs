using TokenSense.Enforcement;
using TokenSense.Gateway;
using TokenSense.Gateway.Providers;
using TokenSense.Gateway.Proxy;
using TokenSense.Pricing;
using TokenSense.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
var settings = GatewaySettings.Of(builder.Configuration);
// One byte more, so that the proxy itself says what is too large.
builder.AddServiceDefaults("gateway", settings.RequestBytesMax + 1);
builder.AddEnforcement(settings);
builder.Services.AddSingleton(settings);
builder.Services.AddSingleton(PriceBook.Default);
builder.Services.AddSingleton(new Catalog(PriceBook.Default, builder.Configuration));
builder.Services.AddSingleton<OwnBooks>();
builder.Services.AddSingleton<Books>();
builder.Services.AddSingleton<IdempotentAnswers>();
builder.Services.AddSingleton<RateLimit>();
builder.Services.AddSingleton<Upstream>();
builder.Services.AddSingleton<Proxy>();

var app = builder.Build();
app.MapServiceDefaults();
app.Use(ErrorEnvelope.AnswerFaults);
Authorize.Map(app);
ProxyRoutes.Map(app);
app.MapFallback("{**path}", (HttpContext http) => ErrorEnvelope.Write(http, Refusal.InvalidRequest("There is nothing at this address.", StatusCodes.Status404NotFound)));
app.Run();
