using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Features;
using TokenSense.ServiceDefaults;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace TokenSense.Dashboard.Api;

/// <summary>The one front door of the management API: which service answers which path.</summary>
public static class FrontDoor
{
    public const long BodyBytesMax = 4_194_304;
    public const string KeyRegistry = "KeyRegistry", Metering = "Metering", Budgets = "Budgets", Notifier = "Notifier";
    public static readonly string[] Services = [KeyRegistry, Metering, Budgets, Notifier];

    private const string UsagePath = "/api/v1/workspaces/{ws}/usage/{**rest}";

    // The more exact path wins, whatever the order here.
    private static readonly (string Path, string Service)[] Paths =
    [
        ("/api/v1/{**rest}", KeyRegistry),
        ("/.well-known/jwks.json", KeyRegistry),
        ("/api/v1/usage/{**rest}", Metering),
        ("/api/v1/prices/{**rest}", Metering),
        (UsagePath, Metering),
        ("/api/v1/workspaces/{ws}/conflicts/{**rest}", Metering),
        ("/api/v1/workspaces/{ws}/rejected/{**rest}", Metering),
        ("/api/v1/workspaces/{ws}/periods/{**rest}", Metering),
        ("/api/v1/workspaces/{ws}/export", Metering),
        ("/api/v1/workspaces/{ws}/prices", Metering),
        ("/api/v1/workspaces/{ws}/reprice", Metering),
        ("/api/v1/enforcement/{**rest}", Budgets),
        ("/api/v1/workspaces/{ws}/budget", Budgets),
        ("/api/v1/workspaces/{ws}/projects/{project}/budget", Budgets),
        ("/api/v1/workspaces/{ws}/keys/{key}/budget", Budgets),
        ("/api/v1/workspaces/{ws}/spend", Budgets),
        ("/api/v1/workspaces/{ws}/alerts/{**rest}", Notifier),
        ("/api/v1/workspaces/{ws}/channels/{**rest}", Notifier),
    ];

    private static readonly (Regex Path, string Service)[] Patterns =
    [
        .. Paths.OrderByDescending(p => p.Path.Count(c => c == '/')).Select(p => (
            new Regex($"^{Regex.Escape(p.Path).Replace(@"/\{\*\*rest}", "(/.*)?", StringComparison.Ordinal)}$".Replace(@"\{ws}", "[^/]+", StringComparison.Ordinal)
                .Replace(@"\{project}", "[^/]+", StringComparison.Ordinal).Replace(@"\{key}", "[^/]+", StringComparison.Ordinal), RegexOptions.CultureInvariant), p.Service)),
    ];

    /// <summary>Who answers a path of the management API; the more exact pattern wins.</summary>
    public static string ServiceOf(string path) => Patterns.First(p => p.Path.IsMatch(path)).Service;

    public static Uri AddressOf(IConfiguration settings, string service) =>
        new(settings[$"Services:{service}"] ?? throw new InvalidOperationException($"Services__{service} is not set: it is the base URL of that service."));

    public static void AddFrontDoor(this WebApplicationBuilder builder)
    {
        var routes = Paths.Select(p => new RouteConfig { RouteId = p.Path, ClusterId = p.Service, Match = new() { Path = p.Path } })
            .Concat(Services.Select(s => new RouteConfig
            {
                RouteId = $"openapi {s}", ClusterId = s,
                Match = new() { Path = $"/openapi/{s.ToLowerInvariant()}.json" },
                Transforms = [new Dictionary<string, string> { ["PathSet"] = MergedOpenApi.Path }],
            }));
        var clusters = Services.Select(s => new ClusterConfig
        {
            ClusterId = s,
            Destinations = new Dictionary<string, DestinationConfig> { [s] = new() { Address = AddressOf(builder.Configuration, s).AbsoluteUri } },
        });
        builder.Services.AddReverseProxy().LoadFromMemory([.. routes], [.. clusters]).AddTransforms(SendUsagePathsAsTheyCame);

        builder.Logging.AddFilter("Yarp", LogLevel.Warning);

        builder.Services.AddHttpClient();
        foreach (var service in Services)
        {
            var health = new Uri(AddressOf(builder.Configuration, service), "health");
            builder.Services.AddHealthChecks().Add(
                new(service.ToLowerInvariant(), services => new ServiceHealth(services.GetRequiredService<IHttpClientFactory>(), health), null, null));
        }
    }

    public static void MapFrontDoor(this WebApplication app) => app.MapReverseProxy(proxy => proxy.Use(Answer));

    // A usage's source and id may hold a slash, and a "%2F" of their own: in the decoded path, of which the proxy makes the next, the two are the same.
    private static void SendUsagePathsAsTheyCame(TransformBuilderContext route)
    {
        if (route.Route.RouteId != UsagePath) return;
        route.AddRequestTransform(request =>
        {
            var target = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            if (target.StartsWith('/')) request.ProxyRequest.RequestUri = new Uri(request.DestinationPrefix.TrimEnd('/') + target);
            return ValueTask.CompletedTask;
        });
    }

    private static async Task Answer(HttpContext http, RequestDelegate next)
    {
        if (http.Request.ContentLength > BodyBytesMax)
        {
            await TooLarge().ExecuteAsync(http);
            return;
        }
        await next(http);
        if (http.Response.HasStarted || http.GetForwarderErrorFeature() is not { } error) return;
        // A body without a length shows only on its way that it is too large.
        if (Causes(error.Exception).Any(e => e is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }))
        {
            await TooLarge().ExecuteAsync(http);
        }
        else if (error.Error is ForwarderError.Request or ForwarderError.RequestTimedOut
            or ForwarderError.NoAvailableDestinations or ForwarderError.RequestBodyDestination)
        {
            http.Response.Headers.RetryAfter = "5";
            await Problems.Of(503, "SERVICE_UNAVAILABLE", $"{http.GetReverseProxyFeature().Cluster.Config.ClusterId} does not answer. Retry shortly.").ExecuteAsync(http);
        }
    }

    private static IEnumerable<Exception> Causes(Exception? fault) => fault switch
    {
        null => [],
        AggregateException many => many.InnerExceptions.SelectMany(Causes),
        _ => Causes(fault.InnerException).Prepend(fault),
    };

    private static IResult TooLarge() => Problems.Of(413, "REQUEST_TOO_LARGE", "The request body is too large.");
}
