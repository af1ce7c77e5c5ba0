using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Gateway;

/// <summary>The gateway's own OpenAPI.</summary>
[Collection(nameof(SharedStack))]
public sealed class DescriptionTests(SharedStack shared)
{
    [Fact]
    public async Task Every_call_is_described_with_its_body_its_answers_and_its_errors()
    {
        using var http = new HttpClient();
        var document = JsonNode.Parse(await http.GetStringAsync($"{shared.Stack.Gateway.Url}/openapi/v1.json"))!;
        JsonNode Operation(string path, string method) => document["paths"]![path]?[method] ?? throw new ShouldAssertException($"{method} {path} is not described.");
        foreach (var path in new[] { "/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/messages", "/v1beta/models/{model}:{verb}" })
        {
            var call = Operation(path, "post");
            call["requestBody"]!["content"]!["application/json"]!["schema"]!["properties"]!["metadata"].ShouldNotBeNull(path);
            Answers(call).ShouldBe(["200", "400", "401", "402", "403", "404", "409", "413", "429", "502", "503", "504"], path);
            call["responses"]!["200"]!["content"]!.AsObject().Select(c => c.Key).ShouldBe(["application/json", "text/event-stream"], path);
        }
        Answers(Operation("/v1/models", "get")).ShouldBe(["200", "401"]);
        Answers(Operation("/v1/authorize", "get")).ShouldBe(["200", "400", "401", "402", "503"]);

        var schemas = document["components"]!["schemas"]!;
        schemas["ErrorBody"]!["properties"]!.AsObject().Select(p => p.Key).Intersect(["provider", "provider_status", "limit_per_minute", "retry_after_seconds"]).Count().ShouldBe(4);
        schemas["ListedModel"]!["properties"]!.AsObject().Select(p => p.Key).ShouldBe(["id", "object", "owned_by"]);
    }

    private static IEnumerable<string> Answers(JsonNode operation) => operation["responses"]!.AsObject().Select(r => r.Key);
}
