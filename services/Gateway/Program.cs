using TokenSense.Enforcement;
using TokenSense.Gateway;
using TokenSense.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("gateway");
builder.AddEnforcement();

var app = builder.Build();
app.MapServiceDefaults();
app.Use(ErrorEnvelope.AnswerFaults);
Authorize.Map(app);
app.MapFallback("{**path}", (HttpContext http) => ErrorEnvelope.Write(http, Refusal.InvalidRequest("There is nothing at this address.", StatusCodes.Status404NotFound)));
app.Run();
