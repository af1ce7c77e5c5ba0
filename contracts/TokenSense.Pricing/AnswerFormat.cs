using System.Runtime.InteropServices;
using System.Text.Json;

namespace TokenSense.Pricing;

internal enum AnswerFormat
{
    Unknown,
    Chat,
    Responses,
    Anthropic,
    Gemini,
    Embeddings,
}

// Which API a body or an event of a stream is of, by its own shape, and whose extractor reads it.
internal static class AnswerFormats
{
    public static AnswerFormat Of(JsonElement json)
    {
        if (json.At("choices").ValueKind == JsonValueKind.Array) return AnswerFormat.Chat;
        if (json.At("candidates").ValueKind == JsonValueKind.Array || json.At("usageMetadata").ValueKind == JsonValueKind.Object)
            return AnswerFormat.Gemini;
        if (json.At("object").Is("response"u8)) return AnswerFormat.Responses;
        if (json.At("object").Is("list"u8) && json.At("data").ValueKind == JsonValueKind.Array) return AnswerFormat.Embeddings;
        var type = json.At("type");
        if (type.ValueKind != JsonValueKind.String) return AnswerFormat.Unknown;
        var quoted = JsonMarshal.GetRawUtf8Value(type);
        return quoted.StartsWith("\"response."u8) ? AnswerFormat.Responses
            : quoted.StartsWith("\"message"u8) || quoted.StartsWith("\"content_block_"u8) ? AnswerFormat.Anthropic
            : AnswerFormat.Unknown;
    }

    // A provider's own extractor; where the book has none for this API, that of the API's inventor.
    public static UsageExtractor? Extractor(this AnswerFormat format, PriceBook book, string provider, string? apiFlavor)
    {
        var (home, flavor) = format switch
        {
            AnswerFormat.Chat => ("openai", "chat"),
            AnswerFormat.Responses => ("openai", "responses"),
            AnswerFormat.Anthropic => ("anthropic", "anthropic"),
            AnswerFormat.Gemini => ("google", "default"),
            AnswerFormat.Embeddings => ("openai", "embeddings"),
            _ => (null, "default"),
        };
        return Of(provider, apiFlavor) ?? Of(provider, flavor) ?? Of(provider, "default") ?? Of(home, flavor) ?? Of(home, "default");

        UsageExtractor? Of(string? name, string? wanted) =>
            name is null || wanted is null ? null : book.FindProvider(name)?.Extractors.FirstOrDefault(e => e.ApiFlavor == wanted);
    }
}
