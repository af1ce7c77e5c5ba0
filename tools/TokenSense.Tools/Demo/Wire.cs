using System.Net.Http.Headers;
using System.Text;

namespace TokenSense.Tools.Demo;

/// <summary>A provider's wire format, as its own client libraries speak it.</summary>
public static class Wire
{
    /// <summary>Of the largest body: what a longer context is cut to.</summary>
    public const int BodyBytesMax = 64 * 1024;

    // As a gateway estimates, so that what it holds back for a call is near what the call costs.
    private const int BytesPerToken = 3;
    private static readonly string Words = string.Concat(Enumerable.Repeat("the river runs past the old bridge and the garden ", BodyBytesMax / 50 + 1));

    /// <summary>One call as a client of the provider makes it; the simulator is told which usage to bill.</summary>
    public static HttpRequestMessage Request(Lane lane, TracedCall call, bool stream, string secret)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Path(lane, stream)) { Content = new ByteArrayContent(Body(lane, call, stream)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("x-simulate", $"input={call.ContextTokens};output={call.GeneratedTokens}");
        switch (lane.Provider)
        {
            case "openai":
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
                break;
            case "anthropic":
                request.Headers.Add("x-api-key", secret);
                request.Headers.Add("anthropic-version", "2023-06-01");
                break;
            default:
                request.Headers.Add("x-goog-api-key", secret);
                break;
        }
        return request;
    }

    public static byte[] Body(Lane lane, TracedCall call, bool stream)
    {
        var length = (int)Math.Min(call.ContextTokens * BytesPerToken, BodyBytesMax) - Body("").Length;
        return Encoding.UTF8.GetBytes(Body(Words[..Math.Max(1, length)]));

        string Body(string text)
        {
            var (outputMax, streamed) = (Math.Max(1, call.GeneratedTokens), stream ? "true" : "false");
            return lane.Provider switch
            {
                "google" => $$$"""{"contents":[{"role":"user","parts":[{"text":"{{{text}}}"}]}],"generationConfig":{"maxOutputTokens":{{{outputMax}}}}}""",
                _ => $$"""{"model":"{{lane.Model}}","max_tokens":{{outputMax}},"stream":{{streamed}},"messages":[{"role":"user","content":"{{text}}"}]}""",
            };
        }
    }

    /// <summary>Whether an answer came to its own end, as the format marks it.</summary>
    public static bool IsComplete(Lane lane, bool stream, string body)
    {
        var end = body.AsSpan().TrimEnd();
        if (!stream) return end.EndsWith("}");
        return lane.Provider switch
        {
            "openai" => end.EndsWith("data: [DONE]"),
            "anthropic" => end[Math.Max(0, end.LastIndexOf("event: "))..].StartsWith("event: message_stop"),
            _ => end[Math.Max(0, end.LastIndexOf("data: "))..].Contains("\"finishReason\"", StringComparison.Ordinal),
        };
    }

    private static string Path(Lane lane, bool stream) => lane.Provider switch
    {
        "openai" => "v1/chat/completions",
        "anthropic" => "v1/messages",
        _ => $"v1beta/models/{lane.Model}:{(stream ? "streamGenerateContent?alt=sse" : "generateContent")}",
    };
}
