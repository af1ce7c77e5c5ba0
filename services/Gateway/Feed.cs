using Microsoft.Extensions.Diagnostics.HealthChecks;
using TokenSense.Enforcement;

namespace TokenSense.Gateway;

/// <summary>Keeps this gateway's knowledge current, and says whether it is.</summary>
public sealed class Feed(EnforcementFeed feed, ILogger<Feed> log) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken ct)
    {
        log.LogInformation("Following the budgets");
        return feed.Run(ct);
    }
}

public sealed class FeedHealth(Enforcer enforcer, EnforcementFeed feed, TimeProvider clock) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken ct = default)
    {
        var now = clock.GetUtcNow();
        var data = new Dictionary<string, object>
        {
            ["in_step"] = feed.InStep,
            ["epoch"] = enforcer.Epoch ?? 0,
            ["age_seconds"] = enforcer.CompleteTo is { } to ? Math.Round((now - to).TotalSeconds, 1) : -1,
            ["malformed"] = feed.Malformed,
        };
        return Task.FromResult(
            enforcer.Epoch is null ? HealthCheckResult.Unhealthy("No snapshot has been read yet.", data: data)
            : enforcer.IsStale(now) ? HealthCheckResult.Unhealthy("What is known of the budgets is too old.", data: data)
            : HealthCheckResult.Healthy(data: data));
    }
}

public static class EnforcementSetup
{
    /// <summary>
    /// <c>ConnectionStrings__RabbitMq</c>, <c>TokenSense__Url</c>, <c>TokenSense__Token</c> (or <c>TOKENSENSE_GATEWAY_TOKEN</c>),
    /// <c>TokenSense__GatewayId</c> (the credential's name, <c>default</c>), <c>TokenSense__MaxStalenessSeconds</c> (60),
    /// <c>TokenSense__WhenStale</c> (<c>closed</c> or <c>open</c>).
    /// </summary>
    public static void AddEnforcement(this WebApplicationBuilder builder, GatewaySettings gateway)
    {
        var settings = builder.Configuration;
        var feed = new FeedSettings(
            new Uri(Required(settings.GetConnectionString("RabbitMq"), "ConnectionStrings__RabbitMq", "the broker")),
            new Uri(Required(settings["TokenSense:Url"], "TokenSense__Url", "the management API")),
            Required(settings["TokenSense:Token"] ?? settings["TOKENSENSE_GATEWAY_TOKEN"], "TokenSense__Token", "this gateway's credential"))
        {
            ClientName = "tokensense-gateway",
        };
        var maxStaleness = TimeSpan.FromSeconds(settings.GetValue("TokenSense:MaxStalenessSeconds", 60));
        var failOpen = settings["TokenSense:WhenStale"] switch
        {
            null or "" or "closed" => false,
            "open" => true,
            var other => throw new InvalidOperationException($"TokenSense__WhenStale is \"{other}\": it must be \"closed\" or \"open\"."),
        };

        var name = settings["TokenSense:GatewayId"] is { Length: > 0 } set ? set : "default";
        // Metering refuses whole messages of another form.
        if (name.Length > 64 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            throw new InvalidOperationException("TokenSense__GatewayId must have 1 to 64 letters, digits, hyphens, underscores or dots: the name of the credential.");
        var run = new GatewayRun(name, Guid.CreateVersion7());
        builder.Services.AddSingleton(run);
        builder.Services.AddSingleton(new Enforcer(new(maxStaleness, failOpen, run)));
        builder.Services.AddSingleton(services => new Reservations(
            services.GetRequiredService<Enforcer>(), services.GetRequiredService<KeyArrival>(), services.GetRequiredService<TimeProvider>(),
            new(TimeSpan.FromSeconds(gateway.SettleWaitSeconds))));
        builder.AddReporting(gateway, feed.Broker, run);
        builder.Services.AddSingleton<KeyArrival>();
        builder.Services.AddSingleton(services =>
        {
            var log = services.GetRequiredService<ILogger<EnforcementFeed>>();
            return new EnforcementFeed(
                services.GetRequiredService<Enforcer>(), feed, services.GetRequiredService<TimeProvider>(), note => log.LogInformation("{Note}", note));
        });
        builder.Services.AddHostedService<Feed>();
        builder.Services.AddHealthChecks().AddCheck<FeedHealth>("enforcement");
    }

    private static string Required(string? value, string name, string names) =>
        string.IsNullOrEmpty(value) ? throw new InvalidOperationException($"{name} is not set: it names {names}.") : value;
}
