using TokenSense.Dashboard.Api;
using TokenSense.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
// 1,000 usage items are the largest body; each service sets its own limit below this one.
builder.AddServiceDefaults("dashboard", bodyBytesMax: FrontDoor.BodyBytesMax);
builder.AddFrontDoor();
builder.Services.AddSingleton<MergedOpenApi>();

var app = builder.Build();
app.MapServiceDefaults();
app.MapFrontDoor();
app.MapGet("/openapi/v1.json", (MergedOpenApi merged, CancellationToken ct) => merged.Answer(ct)).ExcludeFromDescription();
app.MapGet("/", () => Results.Content(
    """
    <!doctype html><html lang="en"><meta charset="utf-8"><title>TokenSense</title>
    <h1>TokenSense</h1><p>The management API is under <code>/api/v1</code>; <a href="/openapi/v1.json">its description</a>, <a href="/health">its health</a>.</p></html>
    """, "text/html; charset=utf-8")).ExcludeFromDescription();
app.Run();
