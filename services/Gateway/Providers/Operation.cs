namespace TokenSense.Gateway.Providers;

/// <summary>What a client asks for, in which provider's wire format.</summary>
/// <param name="Flavor">Of the price book's extractors, for the format's own provider.</param>
public sealed record Operation(string Name, WireFormat Format, string Flavor)
{
    /// <summary>Gemini's verb in the path; null in the other formats.</summary>
    public string? Verb { get; init; }

    /// <summary>Nothing is generated, so nothing but the input costs.</summary>
    public bool IsEmbedding { get; init; }

    public static readonly Operation Chat = new("chat", WireFormat.OpenAi, "chat");
    public static readonly Operation Responses = new("responses", WireFormat.OpenAi, "responses");
    public static readonly Operation Embeddings = new("embeddings", WireFormat.OpenAi, "embeddings") { IsEmbedding = true };
    public static readonly Operation Messages = new("messages", WireFormat.Anthropic, "default");

    public static readonly Operation[] Gemini =
    [
        new("generate-content", WireFormat.Gemini, "default") { Verb = "generateContent" },
        new("stream-generate-content", WireFormat.Gemini, "default") { Verb = "streamGenerateContent" },
        new("embed-content", WireFormat.Gemini, "default") { Verb = "embedContent", IsEmbedding = true },
        new("batch-embed-contents", WireFormat.Gemini, "default") { Verb = "batchEmbedContents", IsEmbedding = true },
    ];
}

public enum WireFormat
{
    OpenAi,
    Anthropic,
    Gemini,
}
