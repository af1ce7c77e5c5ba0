using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace TokenSense.ServiceDefaults.Access;

/// <summary>Ends a service at its start when it serves an endpoint under the API's root that asks nobody who they are.</summary>
internal sealed class AccessGuard(EndpointDataSource endpoints) : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken ct)
    {
        var open = endpoints.Endpoints.OfType<RouteEndpoint>()
            .Where(e => Path(e).StartsWith("/api/", StringComparison.Ordinal) && e.Metadata.GetMetadata<AccessRule>() is null)
            .Select(Path).ToList();
        if (open.Count > 0) throw new InvalidOperationException($"Mapped past the access table: {string.Join(", ", open)}.");
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken ct) => Task.CompletedTask;
    public Task StartAsync(CancellationToken ct) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken ct) => Task.CompletedTask;
    public Task StopAsync(CancellationToken ct) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken ct) => Task.CompletedTask;

    private static string Path(RouteEndpoint endpoint) => '/' + endpoint.RoutePattern.RawText!.TrimStart('/');
}
