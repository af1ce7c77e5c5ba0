using System.Text;
using System.Text.Json;

namespace TokenSense.Simulator;

/// <summary>OpenAI's Responses API: one message as output, streamed in the documented order of events.</summary>
public static class OpenAiResponses
{
    public const string Route = "responses";

    public static Answer Create(Call call) => call.Stream ? Streamed(call) : Whole(call);

    private static Answer Whole(Call call)
    {
        var answer = new Answer("application/json", call.Counts);
        WriteResponse(answer.Json, call, isCompleted: true);
        return answer.EndBody();
    }

    private static Answer Streamed(Call call)
    {
        var answer = new Answer("text/event-stream; charset=utf-8", call.Counts);
        var (id, text, output, sequence) = ($"msg_sim{call.Number:D8}", call.Text, call.Counts.Output, 0);
        Event("response.created"u8, json => Response(json, isCompleted: false), 0);
        Event("response.in_progress"u8, json => Response(json, isCompleted: false), 0);
        Event("response.output_item.added"u8, json => Item(json, text: null), 0);
        Event("response.content_part.added"u8, json => Part(json, ""), 0);
        for (var i = 0; i < call.Pieces.Length; i++)
        {
            var piece = call.Pieces[i];
            Event("response.output_text.delta"u8, json => TextAt(json, "delta", piece), call.OutputAfter(i), isContent: true);
        }
        Event("response.output_text.done"u8, json => TextAt(json, "text", text), output);
        Event("response.content_part.done"u8, json => Part(json, text), output);
        Event("response.output_item.done"u8, json => Item(json, text), output);
        Event("response.completed"u8, json => Response(json, isCompleted: true), output);
        return answer.EndStream();

        void Event(ReadOnlySpan<byte> type, Action<Utf8JsonWriter> members, long generated, bool isContent = false)
        {
            answer.Raw("event: "u8);
            answer.Raw(type);
            answer.Raw("\ndata: "u8);
            answer.Json.WriteStartObject();
            answer.Json.WriteString("type"u8, type);
            answer.Json.WriteNumber("sequence_number", sequence++);
            members(answer.Json);
            answer.Json.WriteEndObject();
            answer.Raw("\n\n"u8);
            answer.EndFrame(generated, isContent);
        }

        void Response(Utf8JsonWriter json, bool isCompleted)
        {
            json.WritePropertyName("response");
            WriteResponse(json, call, isCompleted);
        }

        void Item(Utf8JsonWriter json, string? text)
        {
            json.WriteNumber("output_index", 0);
            json.WritePropertyName("item");
            WriteItem(json, id, text);
        }

        void Part(Utf8JsonWriter json, string text)
        {
            PlaceOfPart(json);
            json.WritePropertyName("part");
            WritePart(json, text);
        }

        void TextAt(Utf8JsonWriter json, string name, string text)
        {
            PlaceOfPart(json);
            RawText.Write(json, name, text);
            NoLogprobs(json);
        }

        void PlaceOfPart(Utf8JsonWriter json)
        {
            json.WriteString("item_id", id);
            json.WriteNumber("output_index", 0);
            json.WriteNumber("content_index", 0);
        }
    }

    private static void WriteResponse(Utf8JsonWriter json, Call call, bool isCompleted)
    {
        json.WriteStartObject();
        json.WriteString("id", Ids.Of("openai", Route, call.Number));
        json.WriteString("object", "response");
        json.WriteNumber("created_at", Call.Created);
        json.WriteString("status", isCompleted ? "completed" : "in_progress");
        json.WriteBoolean("background", false);
        json.WriteNull("error");
        json.WriteNull("incomplete_details");
        json.WriteNull("instructions");
        json.WriteNull("max_output_tokens");
        json.WriteString("model", call.Model);
        json.WriteStartArray("output");
        if (isCompleted) WriteItem(json, $"msg_sim{call.Number:D8}", call.Text);
        json.WriteEndArray();
        json.WriteBoolean("parallel_tool_calls", true);
        json.WriteNull("previous_response_id");
        json.WriteStartObject("reasoning");
        json.WriteNull("effort");
        json.WriteNull("summary");
        json.WriteEndObject();
        json.WriteString("service_tier", isCompleted ? "default" : "auto");
        json.WriteBoolean("store", true);
        json.WriteNumber("temperature", 1);
        json.WritePropertyName("text");
        json.WriteRawValue("""{"format":{"type":"text"},"verbosity":"medium"}"""u8);
        json.WriteString("tool_choice", "auto");
        json.WriteStartArray("tools");
        json.WriteEndArray();
        json.WriteNumber("top_p", 1);
        json.WriteString("truncation", "disabled");
        if (isCompleted && call.TellsUsage) WriteUsage(json, call.Counts);
        else json.WriteNull("usage");
        json.WriteNull("user");
        json.WriteStartObject("metadata");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteItem(Utf8JsonWriter json, string id, string? text)
    {
        json.WriteStartObject();
        json.WriteString("id", id);
        json.WriteString("type", "message");
        json.WriteString("status", text is null ? "in_progress" : "completed");
        json.WriteStartArray("content");
        if (text is not null) WritePart(json, text);
        json.WriteEndArray();
        json.WriteString("role", "assistant");
        json.WriteEndObject();
    }

    private static void WritePart(Utf8JsonWriter json, string text)
    {
        json.WriteStartObject();
        json.WriteString("type", "output_text");
        json.WriteStartArray("annotations");
        json.WriteEndArray();
        NoLogprobs(json);
        RawText.Write(json, "text", text);
        json.WriteEndObject();
    }

    private static void NoLogprobs(Utf8JsonWriter json)
    {
        json.WriteStartArray("logprobs");
        json.WriteEndArray();
    }

    private static void WriteUsage(Utf8JsonWriter json, TokenCounts counts)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("input_tokens", counts.Input);
        json.WriteStartObject("input_tokens_details");
        json.WriteNumber("cached_tokens", counts.CacheRead);
        json.WriteNumber("cache_write_tokens", counts.CacheWrite);
        json.WriteEndObject();
        json.WriteNumber("output_tokens", counts.Output);
        json.WriteStartObject("output_tokens_details");
        json.WriteNumber("reasoning_tokens", counts.Reasoning);
        json.WriteEndObject();
        json.WriteNumber("total_tokens", counts.Input + counts.Output);
        json.WriteEndObject();
    }
}
