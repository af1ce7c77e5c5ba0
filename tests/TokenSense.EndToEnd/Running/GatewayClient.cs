using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TokenSense.EndToEnd.Running;

/// <summary>Asks the gateway whether a key may spend.</summary>
public static class GatewayClient
{
    private static readonly HttpClient Http = new();

    public sealed record Answer(HttpStatusCode Status, JsonNode Body, HttpResponseMessage Response)
    {
        public string? Code => (string?)Body["error"]?["code"];
        public override string ToString() => $"{(int)Status} {Body.ToJsonString()}";
    }

    public static async Task<Answer> Authorize(Stack stack, string? secret, string? project = null, string path = "/v1/authorize")
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"{stack.Gateway.Url}{path}");
        if (secret is not null) request.Headers.Authorization = new("Bearer", secret);
        if (project is not null) request.Headers.Add("x-tokensense-project", project);
        var response = await Http.SendAsync(request);
        return new Answer(response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!, response);
    }

    public static Task<Answer> UntilCode(Stack stack, string secret, string? code, int secondsMax = 60) =>
        Until.Seen(() => Authorize(stack, secret), answer => answer.Code == code, code ?? "an allowed call", secondsMax);

    public static decimal Money(JsonNode? number) => JsonSerializer.Deserialize<decimal>(number!.ToJsonString());
}
