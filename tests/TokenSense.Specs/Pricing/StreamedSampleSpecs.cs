using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.Pricing;
using Xunit;
using static TokenSense.Pricing.UsageExtraction;

namespace TokenSense.Specs.Pricing;

public sealed class StreamedSampleSpecs
{
    [Fact]
    public void Every_real_usage_is_the_same_when_it_ends_a_stream()
    {
        using var sample = ProviderUsagesSampleSpecs.Sample();
        var (streamed, differing) = (new Dictionary<string, int>(), new List<string>());
        foreach (var (element, provider, flavor, _, _) in ProviderUsagesSampleSpecs.Cases(sample))
        {
            var body = JsonNode.Parse(element.GetRawText())!;
            var (format, events) = Streamed(body, provider, flavor);
            if (format is null) continue;
            var whole = Extract(provider, flavor, element).ShouldBeOfType<Extracted>();
            var stream = new StreamedUsage(provider, flavor);
            foreach (var json in events) stream.Take(Encoding.UTF8.GetBytes(json.ToJsonString()));
            streamed[format] = streamed.GetValueOrDefault(format) + 1;
            if (stream.Read(1) != new StreamedResult(whole.Usage, false, whole.Model))
                differing.Add($"{provider}/{flavor}: {whole} but {stream.Read(1)}\n{element}");
        }
        TestContext.Current.SendDiagnosticMessage("{0}", string.Join(", ", streamed));
        differing.ShouldBeEmpty();
        streamed.Keys.ShouldBe(["chat", "responses", "anthropic", "gemini"], ignoreOrder: true);
        streamed.Values.Sum().ShouldBeGreaterThan(6_000);
    }

    private static (string? Format, JsonNode[] Events) Streamed(JsonNode body, string provider, string flavor)
    {
        var usage = body["usage"]?.AsObject();
        var model = body["model"]?.DeepClone();
        switch (flavor, provider)
        {
            case ("chat", _) or ("default", "groq" or "mistral" or "perplexity" or "x-ai"):
                return ("chat",
                [
                    JsonNode.Parse("""{"choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":"stop"}],"usage":null}""")!,
                    new JsonObject { ["model"] = model, ["choices"] = new JsonArray(), ["usage"] = usage!.DeepClone() },
                ]);
            case ("responses", _):
                return ("responses",
                [
                    JsonNode.Parse("""{"type":"response.output_text.delta","delta":"Hello"}""")!,
                    new JsonObject { ["type"] = "response.completed", ["response"] = body.DeepClone() },
                ]);
            case ("anthropic", _) or ("default", "anthropic" or "minimax"):
                var start = usage!.DeepClone().AsObject();
                start["output_tokens"] = 1;
                var message = new JsonObject { ["type"] = "message", ["model"] = model, ["content"] = new JsonArray(), ["usage"] = start };
                var delta = new JsonObject { ["output_tokens"] = usage["output_tokens"]!.DeepClone(), ["input_tokens"] = null };
                return ("anthropic",
                [
                    new JsonObject { ["type"] = "message_start", ["message"] = message },
                    JsonNode.Parse("""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}""")!,
                    new JsonObject { ["type"] = "message_delta", ["delta"] = new JsonObject(), ["usage"] = delta },
                ]);
            case ("default", "google"):
                var chunk = body.DeepClone();
                chunk["candidates"] = JsonNode.Parse("""[{"content":{"parts":[{"text":"Hello"}]},"finishReason":"STOP"}]""");
                return ("gemini",
                    [JsonNode.Parse("""{"candidates":[{"content":{"parts":[{"text":"Hi"}]}}],"usageMetadata":{"promptTokenCount":1}}""")!, chunk]);
            default:
                return (null, []);
        }
    }
}
