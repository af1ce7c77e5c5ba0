using System.Buffers.Binary;
using System.Text.Json;

namespace TokenSense.Simulator;

/// <summary>OpenAI: chat completions, embeddings, models, and the errors of all its routes.</summary>
public static class OpenAiChat
{
    public const string Route = "chat/completions";

    public static readonly Dialect Dialect = new(
        "openai", new Dictionary<string, string> { ["Authorization"] = "Bearer sk-sim-openai" }, "x-request-id", WriteError);

    public static Answer Chat(Call call) => call.Stream ? Streamed(call) : Whole(call);

    private static Answer Whole(Call call)
    {
        var answer = new Answer("application/json", call.Counts);
        var json = answer.Json;
        Begin(json, call, "chat.completion");
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteNumber("index", 0);
        json.WriteStartObject("message");
        json.WriteString("role", "assistant");
        RawText.Write(json, "content", call.Text);
        json.WriteNull("refusal");
        json.WriteStartArray("annotations");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteNull("logprobs");
        json.WriteString("finish_reason", "stop");
        json.WriteEndObject();
        json.WriteEndArray();
        if (call.TellsUsage) WriteUsage(json, call.Counts);
        json.WriteString("service_tier", "default");
        json.WriteNull("system_fingerprint");
        json.WriteEndObject();
        return answer.EndBody();
    }

    private static Answer Streamed(Call call)
    {
        var answer = new Answer("text/event-stream; charset=utf-8", call.Counts);
        var withUsage = call.Body.TryGetProperty("stream_options", out var options) && options.ValueKind == JsonValueKind.Object
            && options.TryGetProperty("include_usage", out var include) && include.ValueKind == JsonValueKind.True;
        Chunk(answer, call, withUsage, text: "", isFirst: true, finish: null);
        answer.EndFrame(0);
        for (var i = 0; i < call.Pieces.Length; i++)
        {
            Chunk(answer, call, withUsage, call.Pieces[i], isFirst: false, finish: null);
            answer.EndFrame(call.OutputAfter(i), isContent: true);
        }
        Chunk(answer, call, withUsage, text: null, isFirst: false, finish: "stop");
        answer.EndFrame(call.Counts.Output);
        if (withUsage && call.TellsUsage)
        {
            answer.Raw("data: "u8);
            Begin(answer.Json, call, "chat.completion.chunk");
            answer.Json.WriteString("service_tier", "default");
            answer.Json.WriteNull("system_fingerprint");
            answer.Json.WriteStartArray("choices");
            answer.Json.WriteEndArray();
            WriteUsage(answer.Json, call.Counts);
            answer.Json.WriteEndObject();
            answer.Raw("\n\n"u8);
            answer.EndFrame(call.Counts.Output);
        }
        answer.Raw("data: [DONE]\n\n"u8);
        answer.EndFrame(call.Counts.Output);
        return answer.EndStream();
    }

    private static void Chunk(Answer answer, Call call, bool withUsage, string? text, bool isFirst, string? finish)
    {
        answer.Raw("data: "u8);
        var json = answer.Json;
        Begin(json, call, "chat.completion.chunk");
        json.WriteString("service_tier", "default");
        json.WriteNull("system_fingerprint");
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteNumber("index", 0);
        json.WriteStartObject("delta");
        if (isFirst) json.WriteString("role", "assistant");
        if (text is not null) RawText.Write(json, "content", text);
        if (isFirst) json.WriteNull("refusal");
        json.WriteEndObject();
        json.WriteNull("logprobs");
        json.WriteString("finish_reason", finish);
        json.WriteEndObject();
        json.WriteEndArray();
        if (withUsage) json.WriteNull("usage");
        json.WriteEndObject();
        answer.Raw("\n\n"u8);
    }

    private static void Begin(Utf8JsonWriter json, Call call, string kind)
    {
        json.WriteStartObject();
        json.WriteString("id", Ids.Of("openai", Route, call.Number));
        json.WriteString("object", kind);
        json.WriteNumber("created", Call.Created);
        json.WriteString("model", call.Model);
    }

    private static void WriteUsage(Utf8JsonWriter json, TokenCounts counts)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", counts.Input);
        json.WriteNumber("completion_tokens", counts.Output);
        json.WriteNumber("total_tokens", counts.Input + counts.Output);
        json.WriteStartObject("prompt_tokens_details");
        json.WriteNumber("cached_tokens", counts.CacheRead);
        json.WriteNumber("cache_write_tokens", counts.CacheWrite);
        json.WriteNumber("audio_tokens", 0);
        json.WriteEndObject();
        json.WriteStartObject("completion_tokens_details");
        json.WriteNumber("reasoning_tokens", counts.Reasoning);
        json.WriteNumber("audio_tokens", 0);
        json.WriteNumber("accepted_prediction_tokens", 0);
        json.WriteNumber("rejected_prediction_tokens", 0);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    public static Answer Embeddings(Call call)
    {
        var answer = new Answer("application/json", new TokenCounts(call.Counts.Input, 0, 0, 0, 0));
        var isList = call.Body.TryGetProperty("input", out var input) && input.ValueKind == JsonValueKind.Array
            && input.GetArrayLength() > 0 && input[0].ValueKind != JsonValueKind.Number; // Numbers: one input, given as tokens.
        var inputs = isList ? input.GetArrayLength() : 1;
        var dimensions = call.Body.TryGetProperty("dimensions", out var asked) && asked.TryGetInt32(out var given)
            ? Math.Clamp(given, 1, 3_072)
            : 1_536;
        var inBase64 = call.Body.TryGetProperty("encoding_format", out var encoding) && encoding.ValueEquals("base64"u8);
        var json = answer.Json;
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        for (var i = 0; i < inputs; i++)
        {
            json.WriteStartObject();
            json.WriteString("object", "embedding");
            json.WriteNumber("index", i);
            json.WritePropertyName("embedding");
            if (inBase64) WriteBase64(json, dimensions, i);
            else Vectors.Write(json, dimensions, i);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteString("model", call.Model);
        if (call.TellsUsage)
        {
            json.WriteStartObject("usage");
            json.WriteNumber("prompt_tokens", call.Counts.Input);
            json.WriteNumber("total_tokens", call.Counts.Input);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        return answer.EndBody();
    }

    public static Answer Models(Call call)
    {
        var answer = new Answer("application/json", default);
        var json = answer.Json;
        json.WriteStartObject();
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        foreach (var model in (string[])["gpt-4o", "gpt-4o-mini", "text-embedding-3-small"])
        {
            json.WriteStartObject();
            json.WriteString("id", model);
            json.WriteString("object", "model");
            json.WriteNumber("created", Call.Created);
            json.WriteString("owned_by", "system");
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
        return answer.EndBody();
    }

    private static void WriteBase64(Utf8JsonWriter json, int dimensions, int index)
    {
        var bytes = new byte[dimensions * sizeof(float)];
        for (var i = 0; i < dimensions; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), Vectors.At(i, index));
        json.WriteBase64StringValue(bytes);
    }

    private static void WriteError(Utf8JsonWriter json, Refusal refusal)
    {
        var (message, type, code) = refusal.Status switch
        {
            400 => (refusal.Detail is "" ? "Invalid request." : refusal.Detail, "invalid_request_error", null),
            401 => ("Incorrect API key provided: sk-*****. You can find your API key at https://platform.openai.com/account/api-keys.",
                "invalid_request_error", "invalid_api_key"),
            404 => ($"The model `{refusal.Model}` does not exist or you do not have access to it.",
                "invalid_request_error", "model_not_found"),
            429 => ($"Rate limit reached for {refusal.Model} on requests per min (RPM): Limit 500, Used 500, Requested 1.",
                "requests", "rate_limit_exceeded"),
            500 => ("The server had an error while processing your request. Sorry about that!", "server_error", (string?)null),
            _ => ("The engine is currently overloaded, please try again later.", "server_error", "overloaded"),
        };
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteString("message", message);
        json.WriteString("type", type);
        json.WriteNull("param");
        json.WriteString("code", code);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
