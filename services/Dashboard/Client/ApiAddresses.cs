using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using TokenSense.Dashboard.Api;

namespace TokenSense.Dashboard.Client;

/// <summary>Where pages find the management API: each path at the service that answers it, what this process joins itself at its own door.</summary>
public sealed class ApiAddresses(IConfiguration settings, IServer server)
{
    /// <param name="path">Below <c>/api/v1/</c>, with its query.</param>
    public Uri Of(string path)
    {
        var asked = path.Split('?')[0];
        var at = asked == "audit" || (asked.StartsWith("workspaces/", StringComparison.Ordinal) && asked.EndsWith("/audit", StringComparison.Ordinal))
            ? Own()
            : FrontDoor.AddressOf(settings, FrontDoor.ServiceOf($"/api/v1/{asked}"));
        return new(at, $"api/v1/{path}");
    }

    // It may listen on all addresses, as http://[::]:8080 says.
    private Uri Own() => new($"http://127.0.0.1:{new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.First().Replace("+", "localhost", StringComparison.Ordinal).Replace("*", "localhost", StringComparison.Ordinal)).Port}");
}
