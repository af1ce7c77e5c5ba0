using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace TokenSense.EndToEnd.Running;

/// <summary>A person with an account, signed in.</summary>
public sealed class Somebody : IDisposable
{
    public const string Password = "a long enough password";

    private readonly HttpClient _http;

    private Somebody(string url, string email, JsonNode session)
    {
        (Email, Session) = (email, session);
        _http = new HttpClient { BaseAddress = new Uri(url), Timeout = TimeSpan.FromMinutes(2) };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("somebody/1.0");
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)session["access_token"]!);
    }

    public string Email { get; }

    /// <summary>The answer that signed them in.</summary>
    public JsonNode Session { get; private set; }

    public string Refresh => (string)Session["refresh_token"]!;

    public static string NewEmail() => $"person-{Guid.NewGuid():N}@example.org";

    public static async Task<Somebody> SignIn(Stack stack, string email, string password, string? url = null) =>
        new(url ?? stack.Dashboard.Url, email, await Workspace.Read(await Call(stack, "auth/token", new { email, password })));

    /// <summary>A new person who accepted an invitation to the workspace.</summary>
    public static async Task<Somebody> Join(Workspace workspace, string role, string? email = null, string name = "Somebody New")
    {
        email ??= NewEmail();
        var token = TokenOf(await workspace.Post("members", new { email, role, name }));
        return new(workspace.Stack.Dashboard.Url, email, await Workspace.Read(await Call(workspace.Stack, "auth/invitations/accept", new { token, password = Password })));
    }

    public static string TokenOf(JsonNode invitation) => ((string)invitation["link"]!).Split('#')[1];

    /// <summary>What anybody may send.</summary>
    public static async Task<HttpResponseMessage> Call(Stack stack, string path, object body)
    {
        using var http = new HttpClient { BaseAddress = new Uri(stack.Dashboard.Url) };
        http.DefaultRequestHeaders.UserAgent.ParseAdd("somebody/1.0");
        return await http.PostAsJsonAsync($"/api/v1/{path}", body);
    }

    public Task<HttpResponseMessage> Send(HttpMethod method, string path, object? body = null) =>
        _http.SendAsync(new HttpRequestMessage(method, $"/api/v1/{path}") { Content = body is null ? null : JsonContent.Create(body) });

    public async Task<JsonNode> Get(string path) => await Workspace.Read(await Send(HttpMethod.Get, path));

    public async Task<Guid> Id() => (Guid)(await Get("auth/me"))["id"]!;

    /// <summary>Uses the refresh token and goes on with what it gave.</summary>
    public async Task Renew(Stack stack)
    {
        Session = await Workspace.Read(await Call(stack, "auth/token", new { grant_type = "refresh_token", refresh_token = Refresh }));
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)Session["access_token"]!);
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>What a refusal says.</summary>
public static class Refusal
{
    public static async Task<(int Status, string? Code)> Of(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        return ((int)answer.StatusCode, text.Length == 0 ? null : (string?)JsonNode.Parse(text)!["code"]);
    }
}
