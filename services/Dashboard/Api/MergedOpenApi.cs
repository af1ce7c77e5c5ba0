using System.Text.Json.Nodes;
using TokenSense.ServiceDefaults;

namespace TokenSense.Dashboard.Api;

/// <summary>One description of the management API from those of its services; kept until restart once all were there.</summary>
public sealed class MergedOpenApi(IHttpClientFactory clients, IConfiguration settings)
{
    public const string Path = "/openapi/v1.json";
    private volatile string? _merged;

    public async Task<IResult> Answer(CancellationToken ct)
    {
        try
        {
            _merged ??= Merge(await Task.WhenAll(FrontDoor.Services.Select(s => Read(s, ct))));
            return Results.Content(_merged, "application/json; charset=utf-8");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return Problems.Of(503, "SERVICE_UNAVAILABLE", "A service does not answer. Retry shortly.");
        }
    }

    private async Task<JsonObject> Read(string service, CancellationToken ct)
    {
        using var client = clients.CreateClient();
        client.Timeout = TimeSpan.FromSeconds(10);
        return (await client.GetFromJsonAsync<JsonObject>(new Uri(FrontDoor.AddressOf(settings, service), Path), ct))!;
    }

    private static string Merge(IReadOnlyList<JsonObject> documents)
    {
        var whole = new JsonObject
        {
            ["openapi"] = documents[0]["openapi"]?.DeepClone(),
            ["info"] = new JsonObject { ["title"] = "TokenSense management API", ["version"] = Service.Version },
        };
        foreach (var document in documents)
            foreach (var part in new[] { "paths", "components", "tags" }) Add(whole, part, document[part]);
        return whole.ToJsonString();
    }

    // Objects are joined member by member; of two members of one name the first stands.
    private static void Add(JsonObject to, string name, JsonNode? from)
    {
        switch (from, to[name])
        {
            case (null, _): break;
            case (_, null): to[name] = from.DeepClone(); break;
            case (JsonObject more, JsonObject held): foreach (var (member, value) in more) Add(held, member, value); break;
            case (JsonArray more, JsonArray held): foreach (var tag in more.Where(t => !held.Any(h => JsonNode.DeepEquals(h, t)))) held.Add(tag?.DeepClone()); break;
        }
    }
}
