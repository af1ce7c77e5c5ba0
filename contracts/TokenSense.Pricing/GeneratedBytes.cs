using System.Runtime.InteropServices;
using System.Text.Json;

namespace TokenSense.Pricing;

// UTF-8 bytes of what a model wrote: text, reasoning, refusals, names and arguments of tool calls, of all choices.
// What it did not write as text counts nothing: sound, images, results of tools, signatures.
internal static class GeneratedBytes
{
    // Of a whole answer.
    public static long OfBody(JsonElement body, AnswerFormat format)
    {
        var bytes = 0L;
        switch (format)
        {
            case AnswerFormat.Chat:
                foreach (var choice in body.At("choices").Items())
                    bytes += Message(choice.At("message")) + Message(choice.At("delta")) + choice.At("text").Bytes();
                break;
            case AnswerFormat.Responses:
                foreach (var item in body.At("output").Items()) bytes += Item(item);
                break;
            case AnswerFormat.Anthropic:
                foreach (var block in body.At("content").Items()) bytes += Block(block);
                break;
            case AnswerFormat.Gemini:
                foreach (var candidate in body.At("candidates").Items())
                    foreach (var part in candidate.At("content").At("parts").Items())
                        bytes += part.At("text").Bytes() + part.At("executableCode").At("code").Bytes()
                            + Call(part.At("functionCall"), "args");
                break;
        }
        return bytes;
    }

    // Of one event, which adds to those before it; also of an answer that comes whole where a stream was asked for.
    public static long OfEvent(JsonElement json, AnswerFormat format) => OfBody(json, format) + format switch
    {
        AnswerFormat.Responses when json.At("type").Is("response.output_item.added"u8) => json.At("item").At("name").Bytes(),
        AnswerFormat.Responses => ResponsesDelta(json),
        AnswerFormat.Anthropic => Block(json.At("content_block")) + Block(json.At("delta")),
        _ => 0,
    };

    private static long Message(JsonElement message)
    {
        // Some say the reasoning under both names.
        var bytes = Parts(message.At("content")) + message.At("refusal").Bytes() + message.At("audio").At("transcript").Bytes()
            + Math.Max(message.At("reasoning_content").Bytes(), message.At("reasoning").Bytes())
            + Call(message.At("function_call"), "arguments");
        foreach (var call in message.At("tool_calls").Items())
            bytes += Call(call.At("function"), "arguments") + Call(call.At("custom"), "input");
        return bytes;
    }

    // A text, or Mistral's and others' list of parts.
    private static long Parts(JsonElement content)
    {
        if (content.ValueKind == JsonValueKind.String) return content.Bytes();
        var bytes = 0L;
        foreach (var part in content.Items())
            bytes += part.At("text").Bytes() + part.At("refusal").Bytes() + part.At("transcript").Bytes() + Parts(part.At("thinking"));
        return bytes;
    }

    private static long Call(JsonElement call, string arguments) => call.At("name").Bytes() + call.At(arguments).Bytes();

    private static long Item(JsonElement item) =>
        Parts(item.At("content")) + Parts(item.At("summary")) + Call(item, "arguments")
        + item.At("input").Bytes() + item.At("code").Bytes() + item.At("action").Bytes();

    private static long ResponsesDelta(JsonElement json)
    {
        var (type, delta) = (json.At("type"), json.At("delta"));
        var text = type.ValueKind == JsonValueKind.String && delta.ValueKind == JsonValueKind.String
            && !JsonMarshal.GetRawUtf8Value(type).EndsWith("audio.delta\""u8);
        return text ? delta.Bytes() : 0;
    }

    // Whole or as a delta; the data is reasoning that was encrypted.
    private static long Block(JsonElement block) =>
        block.At("text").Bytes() + block.At("thinking").Bytes() + block.At("partial_json").Bytes() + block.At("data").Bytes()
        + Call(block, "input");
}
