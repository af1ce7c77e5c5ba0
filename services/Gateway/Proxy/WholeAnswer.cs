using System.Buffers;
using System.Text.Json;
using TokenSense.Gateway.Providers;
using TokenSense.Pricing;

namespace TokenSense.Gateway.Proxy;

/// <summary>An answer that is not a stream: read to its end, metered, and passed down with what it cost.</summary>
public static class WholeAnswer
{
    // Arguments of a tool may be nested as deep as the client's schema.
    private const int DepthMax = 4_096;

    /// <param name="content">The provider's answer.</param>
    /// <param name="bytesMax">Of its body.</param>
    /// <param name="readMax">Between two pieces.</param>
    /// <param name="ct">The end of the whole call.</param>
    /// <returns>The body; null: it is larger than may be.</returns>
    /// <exception cref="BrokenAnswerException">The provider broke off, or came too late.</exception>
    public static async Task<byte[]?> Read(HttpContent content, long bytesMax, TimeSpan readMax, CancellationToken ct)
    {
        if (content.Headers.ContentLength > bytesMax) return null;
        // One byte more than was said, so that the end is found without growing.
        var read = new ArrayBufferWriter<byte>((int)(content.Headers.ContentLength ?? 8 * 1024) + 1);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(ct);
        try
        {
            await using var body = await content.ReadAsStreamAsync(ct);
            while (true)
            {
                late.CancelAfter(readMax);
                if (await body.ReadAsync(read.GetMemory(), late.Token) is not (> 0 and var count)) break;
                read.Advance(count);
                if (read.WrittenCount > bytesMax) return null;
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            throw new BrokenAnswerException(read.WrittenCount, e);
        }
        return read.WrittenSpan.ToArray();
    }

    /// <summary>The usage that a whole body tells; of one that tells none, an estimate by its size.</summary>
    public static StreamedResult UsageOf(ReadOnlyMemory<byte> body, (string Provider, string Flavor) extractor, long requestBytes)
    {
        try
        {
            using var json = JsonDocument.Parse(body, new() { MaxDepth = DepthMax });
            if (json.RootElement.ValueKind != JsonValueKind.Array) return BodyUsage.Read(extractor.Provider, extractor.Flavor, json.RootElement, requestBytes);
            // Gemini's stream without events is one array of what would be them.
            var usage = new StreamedUsage(extractor.Provider, extractor.Flavor);
            foreach (var element in json.RootElement.EnumerateArray()) usage.Take(JsonSerializer.SerializeToUtf8Bytes(element));
            return usage.Read(requestBytes);
        }
        catch (JsonException)
        {
            return new(UsageEstimate.Of(requestBytes, body.Length), true, null);
        }
    }

    /// <summary>The body with the <c>tokensense</c> block as its last member, where it is a JSON object; else as it was.</summary>
    public static ReadOnlyMemory<byte> WithBlock(ReadOnlyMemory<byte> body, MeteredCall call)
    {
        var end = body.Span.TrimEnd(" \t\r\n"u8).Length - 1;
        if (end < 1 || body.Span[end] != '}' || body.Span.TrimStart(" \t\r\n"u8)[0] != '{') return body;
        var written = new ArrayBufferWriter<byte>(body.Length + 512);
        written.Write(body.Span[..end]);
        written.Write(body.Span[..end].TrimEnd(" \t\r\n"u8)[^1] == '{' ? "\"tokensense\":"u8 : ",\"tokensense\":"u8);
        using (var json = new Utf8JsonWriter(written)) WriteBlock(json, call);
        written.Write(body.Span[end..]);
        return written.WrittenMemory;
    }

    private static void WriteBlock(Utf8JsonWriter json, MeteredCall call)
    {
        json.WriteStartObject();
        json.WriteString("request_id", call.Id);
        if (call.CostUsd is { } cost) json.WriteNumber("cost_usd", cost);
        else json.WriteNull("cost_usd");
        json.WriteString("model", call.Model);
        json.WriteString("provider", call.Provider.Id);
        json.WriteNumber("latency_ms", call.LatencyMs);
        json.WriteStartObject("tokens");
        json.WriteNumber("prompt", call.Usage.InputTokens);
        json.WriteNumber("completion", call.Usage.OutputTokens);
        json.WriteNumber("total", call.Usage.InputTokens + call.Usage.OutputTokens);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}

/// <summary>A provider broke off in the middle of its answer, or was waited for no longer.</summary>
/// <param name="bytes">How much had come.</param>
public sealed class BrokenAnswerException(long bytes, Exception inner) : Exception("The provider broke off.", inner)
{
    public long Bytes => bytes;

    public bool IsLate => InnerException is OperationCanceledException;
}
