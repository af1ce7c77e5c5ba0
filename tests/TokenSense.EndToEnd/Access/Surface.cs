using System.Text.Json.Nodes;
using TokenSense.EndToEnd.Running;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.EndToEnd.Access;

/// <summary>The endpoints that running services describe, by the names of the access table.</summary>
internal sealed class Surface
{
    private static readonly HttpClient Http = new();

    /// <summary>The audit log: each service answers with its own part, and the console with all of them.</summary>
    public static readonly IReadOnlySet<string> InParts = new HashSet<string> { "GET /workspaces/{ws}/audit", "GET /audit" };

    /// <summary>What the console alone asks for, of KeyRegistry; nobody is told of it.</summary>
    public static readonly IReadOnlySet<string> Untold = new HashSet<string> { "GET /workspaces/{ws}/audit/people", "GET /audit/people" };

    private Surface(IReadOnlyDictionary<string, IReadOnlyList<ServiceProcess>> services, IReadOnlySet<string> console) => (Services, Console) = (services, console);

    /// <summary>Which services answer each.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<ServiceProcess>> Services { get; }

    /// <summary>What the console says that there is behind it.</summary>
    public IReadOnlySet<string> Console { get; }

    public static ServiceProcess[] Of(Stack stack) => [stack.KeyRegistry, stack.Metering, stack.Budgets, stack.Notifier];

    public static async Task<Surface> Read(Stack stack)
    {
        var described = new List<(string Endpoint, ServiceProcess Service)>(Untold.Select(endpoint => (endpoint, stack.KeyRegistry)));
        foreach (var service in Of(stack)) described.AddRange((await Described(service)).Select(endpoint => (endpoint, service)));
        var services = described.GroupBy(d => d.Endpoint).ToDictionary(d => d.Key, IReadOnlyList<ServiceProcess> (d) => [.. d.Select(of => of.Service)]);
        return new(services, (await Described(stack.Dashboard)).ToHashSet());
    }

    private static async Task<IEnumerable<string>> Described(ServiceProcess service)
    {
        var document = JsonNode.Parse(await Http.GetStringAsync($"{service.Url}/openapi/v1.json"))!;
        return [.. document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(operation => $"{operation.Key.ToUpperInvariant()} {PathOf(path.Key)}"))];
    }

    private static string PathOf(string described) =>
        (described.StartsWith(AccessTable.Root, StringComparison.Ordinal) ? described[AccessTable.Root.Length..] : described).TrimEnd('/');
}
