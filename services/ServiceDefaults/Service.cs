using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace TokenSense.ServiceDefaults;

/// <summary>What every process has: limits, telemetry, health, JSON and errors in the one house style.</summary>
public static class Service
{
    public static readonly string Version =
        Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <summary>snake_case, decimals with all digits, nulls written: the management API's JSON.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.Strict,
    };

    /// <param name="builder">The service.</param>
    /// <param name="name">Its name in telemetry, kebab-case.</param>
    /// <param name="bodyBytesMax">The largest request body that it reads.</param>
    public static void AddServiceDefaults(this WebApplicationBuilder builder, string name, long bodyBytesMax = 1_048_576)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = bodyBytesMax;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        });
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.PropertyNamingPolicy = Json.PropertyNamingPolicy;
            options.SerializerOptions.DictionaryKeyPolicy = Json.DictionaryKeyPolicy;
            options.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
        builder.Services.Configure<ForwardedHeadersOptions>(options =>
        {
            options.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
            options.ForwardLimit = 1;
            // Besides this machine: whoever stands in front is believed where a request comes from.
            foreach (var proxy in (builder.Configuration["TOKENSENSE_TRUSTED_PROXIES"] ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (proxy.Contains('/')) options.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(proxy));
                else options.KnownProxies.Add(System.Net.IPAddress.Parse(proxy));
            }
        });
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(20));
        builder.Services.AddHealthChecks();
        builder.Services.AddOpenApi("v1");
        builder.Logging.AddSimpleConsole(console => { console.SingleLine = true; console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ "; console.UseUtcTimestamp = true; });
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None)
            .AddFilter("Npgsql", LogLevel.Warning).AddFilter("Marten", LogLevel.Warning).AddFilter("JasperFx", LogLevel.Warning);
        AddTelemetry(builder, name);
    }

    public static void MapServiceDefaults(this WebApplication app)
    {
        app.UseForwardedHeaders();
        app.UseExceptionHandler(handler => handler.Run(AnswerFault));
        app.MapOpenApi("/openapi/{documentName}.json");
        app.MapHealthChecks("/health", new() { ResponseWriter = WriteHealth });
        app.MapGet("/health/live", () => Results.Ok(new { status = "healthy", version = Version })).ExcludeFromDescription();
    }

    private static void AddTelemetry(WebApplicationBuilder builder, string name)
    {
        if (string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"])) return;
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService($"tokensense-{name}", serviceVersion: Version))
            .WithTracing(trace => trace.AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddNpgsql().AddSource("MassTransit").AddProcessor(new SecretsLeftOut()).AddOtlpExporter())
            .WithMetrics(metrics => metrics.AddAspNetCoreInstrumentation().AddRuntimeInstrumentation().AddMeter("MassTransit", "Marten", "TokenSense").AddOtlpExporter());
    }

    private static Task AnswerFault(HttpContext http)
    {
        var fault = http.Features.Get<IExceptionHandlerFeature>()?.Error;
        var answer = fault switch
        {
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Problems.Of(413, "REQUEST_TOO_LARGE", "The request body is too large."),
            BadHttpRequestException bad => Problems.Of(bad.StatusCode, "INVALID_REQUEST", bad.InnerException is JsonException json ? json.Message : bad.Message),
            JsonException json => Problems.Of(400, "INVALID_REQUEST", $"The body is not valid JSON: {json.Message}"),
            not null when Faults.IsInfrastructure(fault) => Problems.Of(503, "SERVICE_UNAVAILABLE", "A part that this needs does not answer. Retry shortly."),
            _ => Problems.Of(500, "INTERNAL_ERROR", "This is a fault of ours. It has been logged."),
        };
        return answer.ExecuteAsync(http);
    }

    private static Task WriteHealth(HttpContext http, HealthReport report) => http.Response.WriteAsJsonAsync(new
    {
        status = report.Status == HealthStatus.Healthy ? "healthy" : "unhealthy",
        version = Version,
        checks = report.Entries.ToDictionary(e => e.Key, e => new { status = e.Value.Status == HealthStatus.Healthy ? "healthy" : "unhealthy", e.Value.Description, e.Value.Data }),
    }, Json);
}
