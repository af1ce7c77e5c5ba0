using System.Text.Json;

namespace TokenSense.Simulator;

/// <summary>Google's Gemini API.</summary>
/// <remarks>Thoughts are counted apart from candidates; the cache is part of the prompt; writing to it has no count.</remarks>
public static class Google
{
    public static readonly Dialect Dialect = new(
        "google", new Dictionary<string, string> { ["x-goog-api-key"] = "sk-sim-google" }, null, WriteError);

    /// <summary><c>models/{model}:{method}</c>; null for a method that is not simulated.</summary>
    public static Task? Serve(HttpContext http, CallLog log, string target)
    {
        var colon = target.LastIndexOf(':');
        if (colon < 0) return null;
        var (model, method) = (target[..colon], target[(colon + 1)..]);
        var inEvents = http.Request.Query["alt"] == "sse";
        Func<Call, Answer>? format = method switch
        {
            "generateContent" => Whole,
            "streamGenerateContent" => call => Streamed(call, inEvents),
            "embedContent" => call => Embed(call, isBatch: false),
            "batchEmbedContents" => call => Embed(call, isBatch: true),
            _ => null,
        };
        return format is null
            ? null
            : new Exchange(http, log, Dialect, string.Intern(method)).Serve(format, model, method == "streamGenerateContent");
    }

    private static Answer Whole(Call call)
    {
        var answer = new Answer("application/json; charset=UTF-8", Bills(call));
        WriteChunk(answer.Json, call, call.Text, isLast: true, call.Counts.Output);
        return answer.EndBody();
    }

    private static Answer Streamed(Call call, bool inEvents)
    {
        var answer = new Answer(inEvents ? "text/event-stream" : "application/json; charset=UTF-8", Bills(call));
        var pieces = Math.Max(1, call.Pieces.Length);
        for (var i = 0; i < pieces; i++)
        {
            var (isLast, text) = (i == pieces - 1, call.Pieces.Length == 0 ? "" : call.Pieces[i]);
            var output = isLast ? call.Counts.Output : call.OutputAfter(i);
            if (inEvents) answer.Raw("data: "u8);
            else answer.Raw(i == 0 ? "["u8 : ",\r\n"u8);
            WriteChunk(answer.Json, call, text, isLast, output);
            if (inEvents) answer.Raw("\r\n\r\n"u8);
            answer.EndFrame(output, isContent: true);
        }
        if (inEvents) return answer.EndStream();
        answer.Raw("\n]\n"u8);
        answer.EndFrame(call.Counts.Output);
        return answer.EndStream();
    }

    private static TokenCounts Bills(Call call) => call.Counts with { CacheWrite = 0 };

    private static void WriteChunk(Utf8JsonWriter json, Call call, string text, bool isLast, long output)
    {
        json.WriteStartObject();
        json.WriteStartArray("candidates");
        json.WriteStartObject();
        json.WriteStartObject("content");
        json.WriteStartArray("parts");
        json.WriteStartObject();
        RawText.Write(json, "text", text);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteString("role", "model");
        json.WriteEndObject();
        if (isLast) json.WriteString("finishReason", "STOP");
        json.WriteNumber("index", 0);
        json.WriteEndObject();
        json.WriteEndArray();
        if (call.TellsUsage) WriteUsage(json, call.Counts, output);
        json.WriteString("modelVersion", call.Model);
        json.WriteString("responseId", Ids.Of("google", "", call.Number));
        json.WriteEndObject();
    }

    private static void WriteUsage(Utf8JsonWriter json, TokenCounts counts, long output)
    {
        var thoughts = Math.Min(counts.Reasoning, output);
        json.WriteStartObject("usageMetadata");
        json.WriteNumber("promptTokenCount", counts.Input);
        if (output > thoughts) json.WriteNumber("candidatesTokenCount", output - thoughts);
        json.WriteNumber("totalTokenCount", counts.Input + output);
        if (counts.CacheRead > 0) json.WriteNumber("cachedContentTokenCount", counts.CacheRead);
        WriteModality(json, "promptTokensDetails", counts.Input);
        if (counts.CacheRead > 0) WriteModality(json, "cacheTokensDetails", counts.CacheRead);
        if (thoughts > 0) json.WriteNumber("thoughtsTokenCount", thoughts);
        json.WriteEndObject();
    }

    private static void WriteModality(Utf8JsonWriter json, string name, long count)
    {
        json.WriteStartArray(name);
        json.WriteStartObject();
        json.WriteString("modality", "TEXT");
        json.WriteNumber("tokenCount", count);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static Answer Embed(Call call, bool isBatch)
    {
        var answer = new Answer("application/json; charset=UTF-8", new TokenCounts(call.Counts.Input, 0, 0, 0, 0));
        var json = answer.Json;
        json.WriteStartObject();
        if (isBatch)
        {
            json.WriteStartArray("embeddings");
            if (call.Body.TryGetProperty("requests", out var requests) && requests.ValueKind == JsonValueKind.Array)
                foreach (var (i, request) in requests.EnumerateArray().Index()) WriteEmbedding(json, request, i);
            json.WriteEndArray();
        }
        else
        {
            json.WritePropertyName("embedding");
            WriteEmbedding(json, call.Body, 0);
        }
        if (call.TellsUsage)
        {
            json.WriteStartObject("usageMetadata");
            json.WriteNumber("promptTokenCount", call.Counts.Input);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        return answer.EndBody();
    }

    private static void WriteEmbedding(Utf8JsonWriter json, JsonElement request, int index)
    {
        var dimensions = request.TryGetProperty("outputDimensionality", out var asked) && asked.TryGetInt32(out var given)
            ? Math.Clamp(given, 1, 3_072)
            : 3_072;
        json.WriteStartObject();
        json.WritePropertyName("values");
        Vectors.Write(json, dimensions, index);
        json.WriteEndObject();
    }

    private static void WriteError(Utf8JsonWriter json, Refusal refusal)
    {
        var (status, message) = refusal.Status switch
        {
            400 => ("INVALID_ARGUMENT", refusal.Detail is "" ? "* GenerateContentRequest.contents: contents is not specified" : refusal.Detail),
            401 => ("UNAUTHENTICATED",
                "Request had invalid authentication credentials. Expected OAuth 2 access token or other valid authentication credential."),
            404 => ("NOT_FOUND",
                $"models/{refusal.Model} is not found for API version v1beta, or is not supported for {refusal.Route}."),
            429 => ("RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details."),
            500 => ("INTERNAL", "An internal error has occurred."),
            _ => ("UNAVAILABLE", "The model is overloaded. Please try again later."),
        };
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteNumber("code", refusal.Status);
        json.WriteString("message", message);
        json.WriteString("status", status);
        if (refusal.Status == 429)
        {
            json.WritePropertyName("details");
            json.WriteRawValue("""[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1s"}]"""u8);
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
