using MassTransit;
using MudBlazor.Services;
using TokenSense.Dashboard.Api;
using TokenSense.Dashboard.Api.Audit;
using TokenSense.Dashboard.Client;
using TokenSense.Dashboard.Docs;
using TokenSense.Dashboard.Live;
using TokenSense.Dashboard.Pages;
using TokenSense.Dashboard.Session;
using TokenSense.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
// Run from its build output its assets lie with the packages that bring them.
builder.WebHost.UseStaticWebAssets();
// 1,000 usage items are the largest body; each service sets its own limit below this one.
builder.AddServiceDefaults("dashboard", bodyBytesMax: FrontDoor.BodyBytesMax);
builder.AddFrontDoor();
builder.AddSessionCookie();
builder.AddLive();
builder.AddAudit();
builder.Services.AddSingleton<MergedOpenApi>();
builder.Services.AddSingleton<Guide>();
builder.Services.AddHttpClient(ApiClient.ClientName, client => client.Timeout = TimeSpan.FromSeconds(30));
builder.Services.AddSingleton(GatewayAddress.From(builder.Configuration));
builder.Services.AddSingleton<ApiAddresses>();
builder.Services.AddScoped<ApiClient>();
builder.Services.AddMudServices();
builder.Services.AddRazorComponents().AddInteractiveServerComponents();

var app = builder.Build();
app.MapServiceDefaults();
app.UseWhen(http => http.Request.Method == HttpMethods.Get && !http.Request.Path.StartsWithSegments("/api"),
    pages => pages.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true));
// After it: an address that leads nowhere is routed once more.
app.UseRouting();
app.UseAuthentication();
app.UseAuthorization();
app.UseAntiforgery();
app.MapStaticAssets();
app.MapFrontDoor();
app.MapAudit();
app.MapSessionCookie();
app.MapDownloads();
app.MapGet("/openapi/v1.json", (MergedOpenApi merged, CancellationToken ct) => merged.Answer(ct)).ExcludeFromDescription();
Guide.Map(app);
app.MapPages();
app.Run();
