using System.Buffers;
using System.Text.Json;
using TokenSense.Gateway.Providers;

namespace TokenSense.Gateway.Proxy;

/// <summary>A client's JSON body: what the gateway must know of it, and what goes up. What is not ours stays as it was written, byte for byte.</summary>
public sealed class ClientRequest
{
    public const int MetadataMax = 16, MetadataKeyLengthMax = 64, MetadataValueLengthMax = 256, ModelLengthMax = 256;
    private const int DepthMax = 256;
    private const int EncodedBytesMin = 1_024;
    private static readonly SearchValues<byte> Base64 = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_"u8);

    private static readonly string[] Known =
    [
        "model", "stream", "stream_options", "metadata", "max_tokens", "max_completion_tokens", "max_output_tokens", "n", "best_of", "background", "generationConfig",
        "generation_config", "service_tier", "speed",
    ];

    private readonly List<(string Name, Range Member, Range Value)> _members = [];
    private readonly byte[] _body;

    private ClientRequest(byte[] body) => _body = body;

    /// <summary>Null where the body names none.</summary>
    public string? Model { get; private set; }

    public bool Stream { get; private set; }

    /// <summary>The client wants OpenAI's usage chunk at the end of its stream.</summary>
    public bool AsksForUsage { get; private set; }

    /// <summary>Tokens that each answer may have at most, as asked; null: not said.</summary>
    public long? OutputTokensMax { get; private set; }

    /// <summary>How many answers are asked for.</summary>
    public long Answers { get; private set; } = 1;

    public Dictionary<string, string> Metadata { get; } = [];

    public int Bytes => _body.Length;

    /// <summary>Of them, what is in strings that look like base64.</summary>
    public int EncodedBytes { get; private set; }

    /// <summary>What the size of the body stands for in an estimate: encoded bytes count as a thirtieth of text.</summary>
    public long EstimateBytes => Bytes - EncodedBytes + EncodedBytes / 30;

    /// <summary>As the client wrote it.</summary>
    public byte[] Body => _body;

    /// <returns>The request, or what is wrong with it.</returns>
    public static (ClientRequest? Request, string? Problem) Read(byte[] body)
    {
        var request = new ClientRequest(body);
        try
        {
            return request.Scan() is { } problem ? (null, problem) : (request, null);
        }
        // JSON may hold half a surrogate pair, which is no text: known only when the string is asked for.
        catch (InvalidOperationException)
        {
            return (null, "A name or string of the body is not valid Unicode.");
        }
        catch (JsonException e)
        {
            return (null, $"The body is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}).");
        }
    }

    /// <summary>The body that goes up: without <c>metadata</c>, and with the usage asked for where a stream says it only then.</summary>
    public ReadOnlyMemory<byte> Upstream(bool asksForUsage)
    {
        var adds = asksForUsage && Stream && !AsksForUsage;
        if (!adds && !_members.Exists(m => m.Name == "metadata")) return _body;
        var written = new ArrayBufferWriter<byte>(_body.Length + 64);
        written.Write("{"u8);
        foreach (var (name, member, value) in _members)
        {
            if (name == "metadata" || (adds && name == "stream_options")) continue;
            if (written.WrittenCount > 1) written.Write(","u8);
            written.Write(_body.AsSpan(member));
        }
        if (adds)
        {
            written.Write(written.WrittenCount > 1 ? ",\"stream_options\":"u8 : "\"stream_options\":"u8);
            WriteStreamOptions(written);
        }
        written.Write("}"u8);
        return written.WrittenMemory;
    }

    private void WriteStreamOptions(ArrayBufferWriter<byte> written)
    {
        using var json = new Utf8JsonWriter(written);
        json.WriteStartObject();
        if (_members.Find(m => m.Name == "stream_options") is { Name: not null } asked)
        {
            using var options = JsonDocument.Parse(_body.AsMemory(asked.Value), new() { MaxDepth = DepthMax });
            if (options.RootElement.ValueKind == JsonValueKind.Object)
                foreach (var option in options.RootElement.EnumerateObject().Where(o => o.Name != "include_usage")) option.WriteTo(json);
        }
        json.WriteBoolean("include_usage", true);
        json.WriteEndObject();
    }

    private string? Scan()
    {
        var reader = new Utf8JsonReader(_body, new JsonReaderOptions { MaxDepth = DepthMax });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return "The body must be a JSON object.";
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var from = (int)reader.TokenStartIndex;
            var name = reader.GetString()!;
            reader.Read();
            var value = (int)reader.TokenStartIndex;
            if (!Known.Contains(name)) Pass(ref reader);
            // Which of two counts is the provider's choice, so it could be another than ours.
            else if (_members.Exists(m => m.Name == name)) return $"{name} is given twice.";
            else if (Take(name, ref reader) is { } problem) return problem;
            _members.Add((name, from..(int)reader.BytesConsumed, value..(int)reader.BytesConsumed));
        }
        reader.Read();
        return null;
    }

    // Files and images come as base64, of which a token is many more bytes than of text.
    private void Pass(ref Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        do
        {
            if (reader.TokenType == JsonTokenType.String && IsEncoded(reader.ValueSpan)) EncodedBytes += reader.ValueSpan.Length;
        }
        while ((reader.CurrentDepth > depth || reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) && reader.Read());
    }

    private static bool IsEncoded(ReadOnlySpan<byte> text)
    {
        if (text.Length < EncodedBytesMin) return false;
        if (text.StartsWith("data:"u8)) text = text[(text[..128].IndexOf((byte)',') + 1)..];
        return !text[..(EncodedBytesMin / 2)].ContainsAnyExcept(Base64);
    }

    private string? Take(string name, ref Utf8JsonReader reader)
    {
        if (name is "metadata" or "stream_options" or "generationConfig" or "generation_config")
        {
            using var value = JsonDocument.ParseValue(ref reader);
            if (value.RootElement.ValueKind == JsonValueKind.Null) return null;
            if (value.RootElement.ValueKind != JsonValueKind.Object) return $"{name} must be an object.";
            return name switch
            {
                "metadata" => TakeMetadata(value.RootElement),
                "stream_options" => TakeStreamOptions(value.RootElement),
                _ => TakeGenerationConfig(value.RootElement),
            };
        }
        switch (name)
        {
            case "model":
                if (reader.TokenType != JsonTokenType.String) return "model must be a string.";
                Model = reader.GetString()!;
                return IsModel(Model) ? null : $"model must have 1 to {ModelLengthMax} characters, none of them control characters.";
            case "stream" or "background":
                // A provider may take "true" or 1 for what is meant.
                if (reader.TokenType is not (JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null)) return $"{name} must be true or false.";
                if (name == "stream") Stream = reader.TokenType == JsonTokenType.True;
                else if (reader.TokenType == JsonTokenType.True) return "background is not offered: what such a call uses is known only after its answer.";
                break;
            case "service_tier" or "speed":
                if (reader.TokenType == JsonTokenType.String && reader.GetString() is "priority" or "fast")
                    return $"{name} is not offered: the price book has no price for it.";
                break;
            case "n" or "best_of":
                Answers = Math.Max(Answers, Whole(ref reader) ?? 1);
                break;
            case "max_tokens" or "max_completion_tokens" or "max_output_tokens":
                OutputTokensMax = Larger(OutputTokensMax, Whole(ref reader));
                break;
        }
        reader.Skip();
        return null;
    }

    private string? TakeMetadata(JsonElement metadata)
    {
        foreach (var pair in metadata.EnumerateObject())
        {
            var value = pair.Value.ValueKind switch
            {
                JsonValueKind.String => pair.Value.GetString()!,
                JsonValueKind.Null => null,
                JsonValueKind.Object or JsonValueKind.Array => "\0",
                _ => pair.Value.GetRawText(),
            };
            if (value is not null && !Add(pair.Name, value)) return MetadataProblem;
        }
        return null;
    }

    public const string MetadataProblem = "metadata is at most 16 pairs of text, of 64 and 256 characters, none of them control characters.";

    /// <returns>False: one more than may be, or too long, or no text.</returns>
    public bool Add(string name, string value)
    {
        if (name.Length > MetadataKeyLengthMax || value.Length > MetadataValueLengthMax || name.Any(char.IsControl) || value.Any(char.IsControl)) return false;
        Metadata[name] = value;
        return Metadata.Count <= MetadataMax;
    }

    private string? TakeStreamOptions(JsonElement options)
    {
        AsksForUsage = options.TryGetProperty("include_usage", out var asks) && asks.ValueKind == JsonValueKind.True;
        return null;
    }

    private string? TakeGenerationConfig(JsonElement config)
    {
        foreach (var member in config.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetInt64(out var number) || number < 1) continue;
            if (member.Name is "maxOutputTokens" or "max_output_tokens") OutputTokensMax = Larger(OutputTokensMax, number);
            if (member.Name is "candidateCount" or "candidate_count") Answers = Math.Max(Answers, number);
        }
        return null;
    }

    public static bool IsModel(string name) => name.Length is > 0 and <= ModelLengthMax && !name.Any(char.IsControl);

    /// <summary>A model named in an address: nothing that could lead to another address of the provider.</summary>
    public static bool IsPathModel(string name) =>
        IsModel(name) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && name.Any(char.IsAsciiLetterOrDigit) && !name.Contains("..", StringComparison.Ordinal);

    private static long? Whole(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) && number > 0 ? number : null;

    private static long? Larger(long? a, long? b) => a is null || b > a ? b : a;
}
