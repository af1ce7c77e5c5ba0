using System.Text.Json;

namespace TokenSense.Simulator;

/// <summary>Anthropic's Messages API. Its input_tokens leave out what was read from or written to the cache.</summary>
public static class Anthropic
{
    public const string Route = "v1/messages";

    // Anthropic's SDKs from 1.0 on send the key as a bearer; its older ones, and its documentation, as x-api-key.
    public static readonly Dialect Dialect = new(
        "anthropic",
        new Dictionary<string, string> { ["x-api-key"] = "sk-sim-anthropic", ["Authorization"] = "Bearer sk-sim-anthropic" },
        "request-id", WriteError);

    public static Answer Messages(Call call) => call.Stream ? Streamed(call) : Whole(call);

    private static Answer Whole(Call call)
    {
        var answer = new Answer("application/json", call.Counts);
        WriteMessage(answer.Json, call, call.Text, call.Counts.Output);
        return answer.EndBody();
    }

    private static Answer Streamed(Call call)
    {
        var answer = new Answer("text/event-stream; charset=utf-8", call.Counts);
        Begin(answer, "message_start"u8);
        answer.Json.WritePropertyName("message");
        WriteMessage(answer.Json, call, text: null, Math.Min(1, call.Counts.Output));
        End(answer, 0);
        Begin(answer, "content_block_start"u8);
        answer.Json.WriteNumber("index", 0);
        answer.Json.WritePropertyName("content_block");
        WriteBlock(answer.Json, "");
        End(answer, 0);
        Begin(answer, "ping"u8);
        End(answer, 0);
        for (var i = 0; i < call.Pieces.Length; i++)
        {
            Begin(answer, "content_block_delta"u8);
            answer.Json.WriteNumber("index", 0);
            answer.Json.WriteStartObject("delta");
            answer.Json.WriteString("type", "text_delta");
            RawText.Write(answer.Json, "text", call.Pieces[i]);
            answer.Json.WriteEndObject();
            End(answer, call.OutputAfter(i), isContent: true);
        }
        Begin(answer, "content_block_stop"u8);
        answer.Json.WriteNumber("index", 0);
        End(answer, call.Counts.Output);
        Begin(answer, "message_delta"u8);
        answer.Json.WriteStartObject("delta");
        answer.Json.WriteString("stop_reason", "end_turn");
        answer.Json.WriteNull("stop_sequence");
        answer.Json.WriteEndObject();
        if (call.TellsUsage)
        {
            answer.Json.WriteStartObject("usage");
            WriteCounts(answer.Json, call.Counts, call.Counts.Output);
            answer.Json.WriteEndObject();
        }
        End(answer, call.Counts.Output);
        Begin(answer, "message_stop"u8);
        End(answer, call.Counts.Output);
        return answer.EndStream();
    }

    private static void Begin(Answer answer, ReadOnlySpan<byte> type)
    {
        answer.Raw("event: "u8);
        answer.Raw(type);
        answer.Raw("\ndata: "u8);
        answer.Json.WriteStartObject();
        answer.Json.WriteString("type"u8, type);
    }

    private static void End(Answer answer, long output, bool isContent = false)
    {
        answer.Json.WriteEndObject();
        answer.Raw("\n\n"u8);
        answer.EndFrame(output, isContent);
    }

    // Without text: as a stream begins, with no content and nothing decided yet.
    private static void WriteMessage(Utf8JsonWriter json, Call call, string? text, long output)
    {
        json.WriteStartObject();
        json.WriteString("id", Ids.Of("anthropic", Route, call.Number));
        json.WriteString("type", "message");
        json.WriteString("role", "assistant");
        json.WriteString("model", call.Model);
        json.WriteStartArray("content");
        if (text is not null) WriteBlock(json, text);
        json.WriteEndArray();
        json.WriteString("stop_reason", text is null ? null : "end_turn");
        json.WriteNull("stop_sequence");
        if (call.TellsUsage)
        {
            json.WriteStartObject("usage");
            WriteCounts(json, call.Counts, output);
            json.WriteStartObject("cache_creation");
            json.WriteNumber("ephemeral_5m_input_tokens", call.Counts.CacheWrite);
            json.WriteNumber("ephemeral_1h_input_tokens", 0);
            json.WriteEndObject();
            json.WriteString("service_tier", "standard");
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void WriteBlock(Utf8JsonWriter json, string text)
    {
        json.WriteStartObject();
        json.WriteString("type", "text");
        RawText.Write(json, "text", text);
        json.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter json, TokenCounts counts, long output)
    {
        json.WriteNumber("input_tokens", counts.Input - counts.CacheRead - counts.CacheWrite);
        json.WriteNumber("cache_creation_input_tokens", counts.CacheWrite);
        json.WriteNumber("cache_read_input_tokens", counts.CacheRead);
        json.WriteNumber("output_tokens", output);
        if (counts.Reasoning == 0) return;
        json.WriteStartObject("output_tokens_details");
        json.WriteNumber("thinking_tokens", Math.Min(counts.Reasoning, output));
        json.WriteEndObject();
    }

    private static void WriteError(Utf8JsonWriter json, Refusal refusal)
    {
        var (type, message) = refusal.Status switch
        {
            400 => ("invalid_request_error", refusal.Detail is "" ? "messages: at least one message is required" : refusal.Detail),
            401 => ("authentication_error", "invalid x-api-key"),
            404 => ("not_found_error", $"model: {refusal.Model}"),
            429 => ("rate_limit_error", "This request would exceed your account's rate limit. Please try again later."),
            529 => ("overloaded_error", "Overloaded"),
            _ => ("api_error", "Internal server error"),
        };
        json.WriteStartObject();
        json.WriteString("type", "error");
        json.WriteStartObject("error");
        json.WriteString("type", type);
        json.WriteString("message", message);
        json.WriteEndObject();
        json.WriteString("request_id", $"req_sim{refusal.Number:D8}");
        json.WriteEndObject();
    }
}
