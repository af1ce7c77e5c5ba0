using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TokenSense.EndToEnd.Running;

/// <summary>The management API as one workspace's owner sees it.</summary>
public sealed class Workspace
{
    private readonly HttpClient _http;

    private Workspace(Stack stack, HttpClient http, Guid id, string slug) => (Stack, _http, Id, Slug) = (stack, http, id, slug);

    public Stack Stack { get; }
    public Guid Id { get; }
    public string Slug { get; }

    public sealed record Key(Guid Id, string Secret)
    {
        public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Secret)));
    }

    public static async Task<HttpClient> SignedIn(Stack stack)
    {
        var http = new HttpClient { BaseAddress = new Uri(stack.Dashboard.Url), Timeout = TimeSpan.FromMinutes(2) };
        var answer = await Read(await http.PostAsJsonAsync("/api/v1/auth/token", new { email = Stack.OwnerEmail, password = Stack.OwnerPassword }));
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)answer["access_token"]!);
        return http;
    }

    public static async Task<Workspace> New(Stack stack, string timeZone = "UTC")
    {
        await Month.HasTimeLeft();
        var http = await SignedIn(stack);
        var answer = await Read(await http.PostAsJsonAsync("/api/v1/workspaces", new { name = $"Test {Guid.NewGuid():N}"[..20], time_zone = timeZone }));
        var made = new Workspace(stack, http, (Guid)answer["id"]!, (string)answer["slug"]!);
        await stack.Known("workspace", $"{made.Id}");
        await stack.Known("member", $"{made.Id}/%");
        return made;
    }

    public async Task<Guid> Project(string name)
    {
        var id = (Guid)(await Post("projects", new { name }))["id"]!;
        await Stack.Known("project", $"{id}");
        return id;
    }

    public async Task<Key> NewKey(Guid? project = null, params string[] scopes)
    {
        var answer = await Post("keys", new { name = "key", project, scopes = scopes.Length == 0 ? ["call"] : scopes });
        var key = new Key((Guid)answer["id"]!, (string)answer["secret"]!);
        await Stack.Known("key", $"{key.Id}");
        return key;
    }

    public Task SetBudget(decimal amountUsd, string at = "", string mode = "block") => Put($"{at}budget", new { amount_usd = amountUsd, mode });

    public Task SetProjectBudget(Guid project, decimal amountUsd, string mode = "block") => SetBudget(amountUsd, $"projects/{project}/", mode);

    public async Task<SpendView> SpendNow() => new(await Get("spend"));

    /// <summary>The workspace's spend once it is this, to the last digit; more or less is a failure with what was seen.</summary>
    public Task<SpendView> UntilSpent(decimal usd, int secondsMax = 30) =>
        Until.Seen(SpendNow, s => s.Workspace >= usd, $"spend of {usd.ToString(CultureInfo.InvariantCulture)}", secondsMax);

    public Task<JsonNode> Get(string path) => Send(HttpMethod.Get, path, null);
    public Task<JsonNode> Post(string path, object body) => Send(HttpMethod.Post, path, body);
    public Task<JsonNode> Put(string path, object body) => Send(HttpMethod.Put, path, body);

    /// <summary>An answer as soon as it begins: its client reads on when it likes.</summary>
    public Task<HttpResponseMessage> Begin(string path) => _http.GetAsync($"/api/v1/workspaces/{Slug}/{path}", HttpCompletionOption.ResponseHeadersRead);

    public Task<HttpResponseMessage> Raw(HttpMethod method, string path, object? body = null) =>
        _http.SendAsync(new HttpRequestMessage(method, $"/api/v1/workspaces/{Slug}/{path}") { Content = body is null ? null : JsonContent.Create(body) });

    public static async Task<JsonNode> Read(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? JsonNode.Parse(text.Length == 0 ? "{}" : text)!
            : throw new HttpRequestException($"{(int)response.StatusCode}: {text}", null, response.StatusCode);
    }

    private async Task<JsonNode> Send(HttpMethod method, string path, object? body) => await Read(await Raw(method, path, body));
}

/// <summary>The answer of <c>GET spend</c>, money as decimals.</summary>
public sealed class SpendView(JsonNode json)
{
    public JsonNode Json => json;
    public decimal Workspace => Money(json["workspace"]!);
    public decimal Unassigned => Money(json["unassigned"]!);
    public decimal Project(Guid id) => Money(json["projects"]!.AsArray().Single(p => (Guid)p!["id"]! == id)!);
    public decimal Key(Guid id) => Money(json["keys"]!.AsArray().Single(k => (Guid)k!["id"]! == id)!);
    public override string ToString() => json.ToJsonString();

    // From the text, not through a double.
    private static decimal Money(JsonNode scope) => JsonSerializer.Deserialize<decimal>(scope["spent_usd"]!.ToJsonString());
}
