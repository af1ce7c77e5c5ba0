using System.Text.Json;

namespace TokenSense.Simulator;

/// <summary>One call as the provider saw it. Tokens are what it bills; nothing billed, nothing counted.</summary>
/// <remarks>
/// <c>Status</c> 0: no status line was sent. Number: the order of starting, which the ids in answers carry; N: the order of ending.
/// </remarks>
public sealed record CallEntry(
    long Number, string? ClientRequestId, string Provider, string Route, string Model, bool Stream, int Status, TokenCounts Tokens,
    bool Billed, bool Finished, bool ClientGone, bool HadMetadata, Fault Fault, byte[] Sha256, long Bytes)
{
    public void Write(Utf8JsonWriter json, long n)
    {
        json.WriteStartObject();
        json.WriteNumber("n", n);
        json.WriteString("id", Ids.Of(Provider, Route, Number));
        json.WriteNumber("number", Number);
        json.WriteString("client_request_id", ClientRequestId);
        json.WriteString("provider", Provider);
        json.WriteString("route", Route);
        json.WriteString("model", Model);
        json.WriteBoolean("stream", Stream);
        json.WriteNumber("status", Status);
        json.WriteNumber("input_tokens", Tokens.Input);
        json.WriteNumber("output_tokens", Tokens.Output);
        json.WriteNumber("cache_read_tokens", Tokens.CacheRead);
        json.WriteNumber("cache_write_tokens", Tokens.CacheWrite);
        json.WriteNumber("reasoning_tokens", Tokens.Reasoning);
        json.WriteBoolean("billed", Billed);
        json.WriteBoolean("finished", Finished);
        json.WriteBoolean("client_gone", ClientGone);
        json.WriteBoolean("had_metadata", HadMetadata);
        json.WriteString("fault", Fault == Fault.None ? null : JsonNamingPolicy.SnakeCaseLower.ConvertName(Fault.ToString()));
        json.WriteString("sha256", Convert.ToHexStringLower(Sha256));
        json.WriteNumber("bytes", Bytes);
        json.WriteEndObject();
    }

    public static CallEntry Read(JsonElement line) => new(
        line.GetProperty("number").GetInt64(), line.GetProperty("client_request_id").GetString(),
        string.Intern(line.GetProperty("provider").GetString()!), string.Intern(line.GetProperty("route").GetString()!),
        string.Intern(line.GetProperty("model").GetString()!), line.GetProperty("stream").GetBoolean(),
        line.GetProperty("status").GetInt32(),
        new TokenCounts(
            line.GetProperty("input_tokens").GetInt64(), line.GetProperty("output_tokens").GetInt64(),
            line.GetProperty("cache_read_tokens").GetInt64(), line.GetProperty("cache_write_tokens").GetInt64(),
            line.GetProperty("reasoning_tokens").GetInt64()),
        line.GetProperty("billed").GetBoolean(), line.GetProperty("finished").GetBoolean(),
        line.GetProperty("client_gone").GetBoolean(),
        line.GetProperty("had_metadata").GetBoolean(),
        line.GetProperty("fault").GetString() is { } fault ? Enum.Parse<Fault>(fault.Replace("_", ""), ignoreCase: true) : Fault.None,
        Convert.FromHexString(line.GetProperty("sha256").GetString()!), line.GetProperty("bytes").GetInt64());
}

/// <summary>The id an answer carries in its body, from the call's number.</summary>
public static class Ids
{
    public static string Of(string provider, string route, long number) => (provider, route) switch
    {
        ("openai", OpenAiChat.Route) => $"chatcmpl-sim{number:D8}",
        ("openai", OpenAiResponses.Route) => $"resp_sim{number:D8}",
        ("anthropic", _) => $"msg_sim{number:D8}",
        ("google", _) => $"sim{number:D8}",
        _ => $"sim{number:D8}",
    };
}
