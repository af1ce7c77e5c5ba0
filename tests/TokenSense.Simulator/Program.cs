using Microsoft.AspNetCore.Server.Kestrel.Core;
using TokenSense.Simulator;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.Limits.MaxRequestBodySize = 64 * 1024 * 1024;
    // A slow client is a scenario here, not an attack.
    kestrel.Limits.MinResponseDataRate = null;
    kestrel.Limits.MinRequestBodyDataRate = null;
    kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http1);
});
var app = builder.Build();
using var log = new CallLog(app.Configuration["Simulator:LogFile"], app.Configuration.GetValue("Simulator:BodiesKept", 0));

app.MapLog(log);
OpenAi("POST", "/openai/v1/chat/completions", OpenAiChat.Route, OpenAiChat.Chat);
OpenAi("POST", "/openai/v1/responses", OpenAiResponses.Route, OpenAiResponses.Create);
OpenAi("POST", "/openai/v1/embeddings", "embeddings", OpenAiChat.Embeddings);
OpenAi("GET", "/openai/v1/models", "models", OpenAiChat.Models);
app.MapPost("/anthropic/v1/messages", http => new Exchange(http, log, Anthropic.Dialect, Anthropic.Route).Serve(Anthropic.Messages));
app.MapPost("/google/v1beta/models/{target}", http =>
{
    if (Google.Serve(http, log, (string)http.Request.RouteValues["target"]!) is { } served) return served;
    http.Response.StatusCode = 404;
    return Task.CompletedTask;
});
app.Run();

void OpenAi(string method, string path, string route, Func<Call, Answer> format) =>
    app.MapMethods(path, [method], (RequestDelegate)(http => new Exchange(http, log, OpenAiChat.Dialect, route).Serve(format)));
