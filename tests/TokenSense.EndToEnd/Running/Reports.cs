using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RabbitMQ.Client;

namespace TokenSense.EndToEnd.Running;

/// <summary>Usage as a gateway reports it: gpt-4o, whose list price is 2.50 and 10 USD per million tokens.</summary>
public static class Reports
{
    public const decimal UsdPerInputToken = 0.0000025m;
    public const decimal UsdPerOutputToken = 0.00001m;

    public static decimal Cost(int input, int output) => input * UsdPerInputToken + output * UsdPerOutputToken;

    public static JsonObject Line(string id, Workspace.Key key, int input = 1_000, int output = 100) => new()
    {
        ["id"] = id, ["time"] = Start, ["keySha256"] = key.Sha256, ["provider"] = "openai", ["model"] = "gpt-4o",
        ["usage"] = new JsonObject { ["inputTokens"] = input, ["outputTokens"] = output },
    };

    // The same for every line of a run (of its month), so that a repeated line is the same line.
    private static readonly DateTimeOffset Begun = DateTimeOffset.UtcNow;

    private static string Start => (Begun < Month.Start ? Month.Start : Begun).ToString("o");

    public static async Task<JsonNode> Http(Stack stack, object body, string token = Stack.GatewayToken, string contentType = "application/json") =>
        await Workspace.Read(await HttpRaw(stack, body is string text ? text : JsonSerializer.Serialize(body), token, contentType));

    public static async Task<HttpResponseMessage> HttpRaw(Stack stack, string body, string? token = Stack.GatewayToken, string contentType = "application/json")
    {
        using var http = new HttpClient(new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromSeconds(30) });
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        var request = new HttpRequestMessage(HttpMethod.Post, $"{stack.Dashboard.Url}/api/v1/usage") { Content = content };
        // A large body waits for the server's word, so that its refusal is read and not a broken pipe.
        request.Headers.ExpectContinue = body.Length > 1_000_000;
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        return await http.SendAsync(request);
    }

    /// <summary>Publishes plain JSON as any language would: persistent, confirmed.</summary>
    public static async Task Publish(Stack stack, IEnumerable<JsonObject> lines, string gatewayId = "default", int linesPerMessage = 500)
    {
        var factory = new ConnectionFactory { Uri = new Uri(stack.Backends.RabbitMq) };
        await using var connection = await factory.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        foreach (var batch in lines.Chunk(linesPerMessage)) await Publish(channel, batch, gatewayId);
    }

    /// <summary>Publishes whatever this is, without a content type.</summary>
    public static async Task PublishRaw(Stack stack, string body)
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri(stack.Backends.RabbitMq) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        await channel.BasicPublishAsync("TokenSense.Contracts:UsageReported", "", mandatory: true, new BasicProperties { Persistent = true }, Encoding.UTF8.GetBytes(body));
    }

    public static async Task Publish(IChannel channel, IEnumerable<JsonObject> lines, string gatewayId = "default")
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["gatewayId"] = gatewayId, ["lines"] = new JsonArray([.. lines.Select(l => l.DeepClone())]) });
        await channel.BasicPublishAsync("TokenSense.Contracts:UsageReported", "", mandatory: true,
            new BasicProperties { Persistent = true, ContentType = "application/json" }, body);
    }
}
