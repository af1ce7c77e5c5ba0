using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace TokenSense.Pricing;

/// <summary>What a stream of one call says of its usage, event by event. Not thread-safe.</summary>
/// <remarks>
/// Reads OpenAI's chat completions and responses, Anthropic's messages and Gemini's contents, known by the events' own shape. Usage is
/// gathered and then read by the price book's extractor, as for a whole body. Of what was generated only the size is kept.
/// </remarks>
/// <param name="provider">A provider's id or another name for it. Where the book cannot read its answers, those of the API's inventor
/// show how.</param>
/// <param name="apiFlavor">One of the provider's <see cref="PriceProvider.ApiFlavors"/>; null or one that it lacks: by the events' shape.
/// </param>
/// <param name="book">Null means <see cref="PriceBook.Default"/>.</param>
public sealed class StreamedUsage(string provider, string? apiFlavor, PriceBook? book = null)
{
    /// <summary>Longer events are not read: 64 MiB.</summary>
    public const int EventBytesMax = 64 * 1024 * 1024;

    // Arguments of a tool may be nested as deep as its schema.
    private const int DepthMax = 4_096;

    private static readonly string[] Carriers = ["response", "message", "x_groq"];

    private AnswerFormat format;
    private UsageExtractor? extractor;
    private JsonElement usage;
    private bool started;
    private bool finished;

    /// <summary>The model as the stream last named it; null if it did not.</summary>
    public string? Model { get; private set; }

    /// <summary>The stream has said its usage, and has said so at its end: nothing generated came after it.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>UTF-8 bytes generated so far: text, reasoning, refusals, names and arguments of tool calls, of all choices.</summary>
    public long OutputBytes { get; private set; }

    /// <summary>Events passed over because they were too long or not JSON objects. <c>[DONE]</c> is not one of them.</summary>
    public long Unread { get; private set; }

    /// <summary>The last event was a chat completion's chunk with usage and no choices, which is for clients that asked for it.</summary>
    public bool IsUsageOnly { get; private set; }

    /// <summary>Takes the data of one server-sent event, or one element of Gemini's array. Never throws.</summary>
    [OverloadResolutionPriority(1)]
    public void Take(ReadOnlyMemory<byte> eventJson)
    {
        IsUsageOnly = false;
        if (eventJson.Span.Trim(" \t\r\n"u8).SequenceEqual("[DONE]"u8)) return;
        try
        {
            if (eventJson.Length > EventBytesMax) throw new JsonException("The event is too long.");
            using var json = JsonDocument.Parse(eventJson, new() { MaxDepth = DepthMax });
            Take(json.RootElement);
        }
        // The second: a member's name holds half of a character, which no reader of names can compare.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            Unread++;
        }
    }

    /// <inheritdoc cref="Take(ReadOnlyMemory{byte})"/>
    public void Take(ReadOnlySpan<byte> eventJson) => Take((ReadOnlyMemory<byte>)eventJson.ToArray());

    /// <summary>What the call used, as far as the stream has said it by now.</summary>
    /// <param name="requestBytes">Size of the request's body, from which input is estimated where the stream has said nothing.</param>
    public StreamedResult Read(long requestBytes)
    {
        var estimate = UsageEstimate.Of(requestBytes, OutputBytes);
        if (extractor?.Known(usage) is not { } known) return new(estimate, true, Model);
        if (IsComplete) return new(known, false, Model);
        return new(Estimated: true, Model: Model, Usage: known with
        {
            InputTokens = known.InputTokens == 0 ? estimate.InputTokens : known.InputTokens,
            OutputTokens = Math.Max(known.OutputTokens, estimate.OutputTokens),
        });
    }

    private void Take(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object) throw new JsonException("The event is not an object.");
        if (format == AnswerFormat.Unknown)
        {
            format = AnswerFormats.Of(json);
            extractor = format.Extractor(book ?? PriceBook.Default, provider, apiFlavor);
        }
        var bytes = GeneratedBytes.OfEvent(json, format);
        // An answer repeated whole at the end counts only what was not streamed.
        OutputBytes = Math.Max(OutputBytes + bytes, GeneratedBytes.OfBody(json.At("response"), format));
        started |= json.At("type").Is("message_start"u8) || json.At("type").Is("message"u8);
        finished |= IsLast(json);

        var said = false;
        foreach (var body in Bodies(json))
        {
            if (extractor?.ModelPath.Find(body)?.Text() is { Length: > 0 and <= PriceBook.NameLengthMax } model) Model = model;
            if (said || extractor?.Root.Find(body) is not { ValueKind: JsonValueKind.Object } found) continue;
            (said, usage) = (true, json.At("type").Is("message_delta"u8) ? Merged(usage, found) : found.Clone());
        }
        IsComplete = said ? finished : IsComplete && bytes == 0;
        IsUsageOnly = said && format == AnswerFormat.Chat && json.At("choices").ValueKind == JsonValueKind.Array
            && json.At("choices").GetArrayLength() == 0;
    }

    private static IEnumerable<JsonElement> Bodies(JsonElement json) =>
        [json, .. Carriers.Select(c => json.At(c)).Where(b => b.ValueKind == JsonValueKind.Object)];

    // Some repeat the usage so far in every chunk: it is the last word only when the answer has ended.
    private bool IsLast(JsonElement json)
    {
        switch (format)
        {
            case AnswerFormat.Chat:
                var choices = json.At("choices").Items();
                return !choices.Any() || choices.Any(c => c.At("finish_reason").ValueKind == JsonValueKind.String);
            case AnswerFormat.Gemini:
                return json.At("candidates").Items().Any(c => c.At("finishReason").ValueKind == JsonValueKind.String)
                    || json.At("promptFeedback").At("blockReason").ValueKind == JsonValueKind.String;
            case AnswerFormat.Responses:
                var type = json.At("type");
                return type.Is("response.completed"u8) || type.Is("response.incomplete"u8) || type.Is("response.failed"u8)
                    || json.At("object").Is("response"u8);
            case AnswerFormat.Anthropic:
                return started && (json.At("type").Is("message_delta"u8) || json.At("type").Is("message"u8));
            default:
                return true;
        }
    }

    // Anthropic's later counts replace the earlier ones, and what is null or not repeated stands. Only members that count are kept,
    // so a stream cannot make this grow.
    private JsonElement Merged(JsonElement earlier, JsonElement later)
    {
        var merged = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(merged))
        {
            json.WriteStartObject();
            foreach (var member in extractor!.Members)
            {
                var value = later.At(member);
                if (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null) value = earlier.At(member);
                if (value.ValueKind == JsonValueKind.Undefined) continue;
                json.WritePropertyName(member);
                json.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
            }
            json.WriteEndObject();
        }
        using var parsed = JsonDocument.Parse(merged.WrittenMemory, new() { MaxDepth = DepthMax });
        return parsed.RootElement.Clone();
    }
}

/// <summary>What a call used.</summary>
/// <param name="Usage">Free of <see cref="TokenUsage.Problems"/>, and never nothing.</param>
/// <param name="Estimated">The provider did not say all of it: the rest is estimated by <see cref="UsageEstimate"/>.</param>
/// <param name="Model">The model as the answer names it; null if it names none.</param>
public sealed record StreamedResult(TokenUsage Usage, bool Estimated, string? Model);
