using TokenSense.Pricing;

namespace TokenSense.Gateway.Providers;

/// <summary>A provider that this gateway may call, with the operator's key.</summary>
/// <param name="Book">Its prices and formats.</param>
/// <param name="BaseUrl">Ends where the provider's own documentation ends it, without a slash.</param>
/// <param name="TimeoutMax">Until its answer begins, and between two pieces of it.</param>
public sealed record Provider(PriceProvider Book, string BaseUrl, string ApiKey, TimeSpan TimeoutMax)
{
    public string Id => Book.Id;

    /// <summary>Where the operation is at this provider; null where it does not offer it.</summary>
    public Uri? AddressOf(Operation operation, string model, string query)
    {
        var path = (Id, operation.Format) switch
        {
            ("anthropic", WireFormat.Anthropic) => "/v1/messages",
            ("google", WireFormat.Gemini) => $"/v1beta/models/{Uri.EscapeDataString(model)}:{operation.Verb}",
            // Both also speak OpenAI's format, at places of their own.
            ("anthropic", WireFormat.OpenAi) when operation == Operation.Chat => "/v1/chat/completions",
            ("google", WireFormat.OpenAi) when operation == Operation.Chat => "/v1beta/openai/chat/completions",
            ("google", WireFormat.OpenAi) when operation == Operation.Embeddings => "/v1beta/openai/embeddings",
            ("anthropic" or "google", _) => null,
            (_, WireFormat.OpenAi) => OpenAiPath(operation),
            _ => null,
        };
        if (path is null) return null;
        // Some write the version into the base URL of these two, some do not.
        var root = BaseUrl;
        foreach (var version in new[] { "/v1", "/v1beta" })
            if (path.StartsWith($"{version}/", StringComparison.Ordinal) && root.EndsWith(version, StringComparison.Ordinal)) root = root[..^version.Length];
        return new Uri(root + path + query);
    }

    /// <summary>How the key is presented.</summary>
    public void Authorize(HttpRequestMessage request, Operation operation)
    {
        switch (operation.Format)
        {
            case WireFormat.Anthropic: request.Headers.TryAddWithoutValidation("x-api-key", ApiKey); break;
            case WireFormat.Gemini: request.Headers.TryAddWithoutValidation("x-goog-api-key", ApiKey); break;
            default: request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {ApiKey}"); break;
        }
    }

    /// <summary>Whose extractor of the price book reads the answer. Those that have none of their own speak OpenAI's format.</summary>
    public (string Provider, string Flavor) ExtractorOf(Operation operation) =>
        Book.ApiFlavors.Contains(operation.Flavor) ? (Id, operation.Flavor)
        : operation.Format == WireFormat.OpenAi && Book.ApiFlavors.Contains("default") && Id is not ("anthropic" or "google") ? (Id, "default")
        : ("openai", operation.Flavor);

    /// <summary>Mistral refuses the member, and says the usage unasked.</summary>
    public bool TakesStreamOptions => Id != "mistral";

    private string? OpenAiPath(Operation operation) => operation.Name switch
    {
        "chat" => "/chat/completions",
        "embeddings" => "/embeddings",
        "responses" when Book.ApiFlavors.Contains("responses") => "/responses",
        _ => null,
    };

    // A record would print its members, the key among them.
    public override string ToString() => Id;
}
