using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Running;

namespace TokenSense.EndToEnd.Gateway;

/// <summary>Calls through the gateway as raw HTTP, in each provider's format.</summary>
public static class Calls
{
    // Who leaves an answer closes its connection: by default the rest would still be read, and nobody would have left.
    private static readonly HttpClient Http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 256, ResponseDrainTimeout = TimeSpan.Zero, Expect100ContinueTimeout = TimeSpan.FromSeconds(30) }) { Timeout = TimeSpan.FromSeconds(60) };

    // As long as the 100 tokens that most calls ask for take, so that a gateway's estimate by size is no less.
    private static readonly string Prompt = string.Join(' ', Enumerable.Repeat(ContentScan.PromptMark, 60));

    public sealed record Answer(HttpStatusCode Status, string Body, HttpResponseMessage Response)
    {
        public JsonNode Json => JsonNode.Parse(Body)!;
        public string? Code => (string?)Json["error"]?["code"];
        public string? Id => Header("x-tokensense-request-id");
        public string? Header(string name) => Response.Headers.TryGetValues(name, out var values) ? values.First() : null;
        public override string ToString() => $"{(int)Status} {Body}";
    }

    /// <param name="simulate">As in tests/TokenSense.Simulator/README.md.</param>
    /// <param name="more">Members of the body besides model and messages, as JSON: <c>"max_tokens":5</c>.</param>
    public static HttpRequestMessage Chat(string url, string secret, string simulate = "input=100;output=20", string more = "", string model = "gpt-4o") =>
        Request($"{url}/v1/chat/completions", secret, simulate, $$"""{"model":"{{model}}","messages":[{"role":"user","content":"{{Prompt}}"}]{{(more == "" ? "" : "," + more)}}}""");

    public static HttpRequestMessage Messages(string url, string secret, string simulate = "input=100;output=20", string more = "\"max_tokens\":50") =>
        Request($"{url}/v1/messages", secret, simulate, $$"""{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"Hi."}],{{more}}}""");

    public static HttpRequestMessage Gemini(string url, string secret, string simulate = "input=100;output=20", string verb = "generateContent") =>
        Request($"{url}/v1beta/models/gemini-2.5-pro:{verb}", secret, simulate, """{"contents":[{"role":"user","parts":[{"text":"Hi."}]}]}""");

    public static HttpRequestMessage Request(string url, string secret, string simulate, string body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        if (simulate != "") request.Headers.Add("x-simulate", simulate);
        return request;
    }

    public static async Task<Answer> Send(HttpRequestMessage request, CancellationToken ct = default)
    {
        var response = await Http.SendAsync(request, ct);
        return new(response.StatusCode, await response.Content.ReadAsStringAsync(ct), response);
    }

    /// <summary>May this key spend, by this gateway? Costs nothing.</summary>
    public static Task<Answer> Ask(string gateway, string secret) =>
        Send(new HttpRequestMessage(HttpMethod.Get, $"{gateway}/v1/authorize") { Headers = { { "x-api-key", secret } } });

    /// <summary>The answer once its headers are here; its body is left to the caller.</summary>
    public static Task<HttpResponseMessage> Begin(HttpRequestMessage request, CancellationToken ct = default) =>
        Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);

    /// <summary>A client that leaves once the provider is at work for it.</summary>
    public static async Task Abandon(Stack stack, HttpRequestMessage request)
    {
        await Until.Seen(() => Http.GetStringAsync($"{stack.Simulator.Url}/log/open"), open => open.Trim() == "0", "the end of other calls at the provider");
        using var patience = new CancellationTokenSource();
        var call = Send(request, patience.Token);
        await Until.Seen(() => Http.GetStringAsync($"{stack.Simulator.Url}/log/open"), open => open.Trim() != "0", "the call at the provider");
        await patience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(call);
    }

    /// <summary>A workspace of its own with a project and its key, once the gateway knows it.</summary>
    public static async Task<(Workspace Workspace, Guid Project, Workspace.Key Key)> Prepared(Stack stack, decimal? projectBudgetUsd = null, string mode = "block")
    {
        var workspace = await Workspace.New(stack);
        var project = await workspace.Project("Client");
        var key = await workspace.NewKey(project);
        if (projectBudgetUsd is { } usd) await workspace.SetProjectBudget(project, usd, mode);
        await Until.Seen(() => GatewayClient.Authorize(stack, key.Secret),
            a => a.Status == HttpStatusCode.OK && (projectBudgetUsd is null || a.Body["budgets"]!.AsArray().Count == 1), "the key at the gateway");
        return (workspace, project, key);
    }
}
