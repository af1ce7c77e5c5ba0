using System.Collections.Immutable;
using TokenSense.Enforcement;
using TokenSense.Pricing;

namespace TokenSense.Gateway.Providers;

/// <summary>The configured providers, and which of them answers for a model.</summary>
/// <remarks><c>Providers__{id}__ApiKey</c>, <c>Providers__{id}__BaseUrl</c>, <c>Providers__{id}__TimeoutSeconds</c>; ids as in the price book.</remarks>
public sealed class Catalog
{
    private const int TimeoutSecondsDefault = 600;

    private static readonly Dictionary<string, string> BaseUrls = new()
    {
        ["openai"] = "https://api.openai.com/v1",
        ["anthropic"] = "https://api.anthropic.com",
        ["google"] = "https://generativelanguage.googleapis.com",
        ["cerebras"] = "https://api.cerebras.ai/v1",
        ["deepseek"] = "https://api.deepseek.com/v1",
        ["fireworks"] = "https://api.fireworks.ai/inference/v1",
        ["groq"] = "https://api.groq.com/openai/v1",
        ["mistral"] = "https://api.mistral.ai/v1",
        ["moonshotai"] = "https://api.moonshot.ai/v1",
        ["openrouter"] = "https://openrouter.ai/api/v1",
        ["perplexity"] = "https://api.perplexity.ai",
        ["together"] = "https://api.together.xyz/v1",
        ["x-ai"] = "https://api.x.ai/v1",
    };

    public Catalog(PriceBook book, IConfiguration settings) =>
        Providers = [.. settings.GetSection("Providers").GetChildren().Where(IsSet).Select(provider => Read(book, provider))];

    public ImmutableArray<Provider> Providers { get; }

    /// <summary>Who answers for a model in a format: the first that the price book names for it and that is configured.</summary>
    /// <param name="book">The workspace's.</param>
    /// <param name="operation">What is asked for.</param>
    /// <param name="model">As the client wrote it.</param>
    /// <param name="mustBePriced">A budget applies: what has no price could pass it unseen (product decision 13).</param>
    public (Provider? Provider, Refusal? Refusal) Find(PriceBook book, Operation operation, string model, bool mustBePriced)
    {
        var known = book.Find(model);
        var offers = false;
        foreach (var provider in known.Select(k => Providers.FirstOrDefault(p => p.Id == k.Provider.Id)).OfType<Provider>())
        {
            offers = true;
            if (provider.AddressOf(operation, model, "") is not null) return (provider, null);
        }
        if (offers) return (null, Refusal.InvalidRequest($"The model {model} is not offered in the format of this address."));
        if (known is [var first, ..])
            return (null, new(403, "MISSING_PROVIDER_KEY", $"No key for the provider {first.Provider.Id} is configured.", "authorization_error") { Provider = first.Provider.Id });
        var own = operation.Format switch { WireFormat.Anthropic => "anthropic", WireFormat.Gemini => "google", _ => "openai" };
        return mustBePriced || Providers.FirstOrDefault(p => p.Id == own) is not { } fallback
            ? (null, WithoutPrice(model))
            : (fallback, null);
    }

    /// <summary>Product decision 13: never $0.</summary>
    public static Refusal WithoutPrice(string model) => new(404, "MODEL_NOT_FOUND", $"The model {model} is unknown or has no price.", "invalid_request_error");

    private static bool IsSet(IConfigurationSection provider) => provider["ApiKey"] is { Length: > 0 } || provider["BaseUrl"] is { Length: > 0 };

    private static Provider Read(PriceBook book, IConfigurationSection provider)
    {
        var id = provider.Key.ToLowerInvariant();
        var known = book.Providers.FirstOrDefault(p => p.Id == id)
            ?? throw new InvalidOperationException($"Providers__{provider.Key} is no provider of the price book.");
        if (provider["ApiKey"] is not { Length: > 0 } key) throw new InvalidOperationException($"Providers__{provider.Key}__ApiKey is not set.");
        var url = provider["BaseUrl"] is { Length: > 0 } set ? set : BaseUrls.GetValueOrDefault(id)
            ?? throw new InvalidOperationException($"Providers__{provider.Key}__BaseUrl is not set, and there is no default for it.");
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw new InvalidOperationException($"Providers__{provider.Key}__BaseUrl is not an http or https address.");
        var timeout = provider.GetValue("TimeoutSeconds", TimeoutSecondsDefault);
        if (timeout is < 1 or > 86_400) throw new InvalidOperationException($"Providers__{provider.Key}__TimeoutSeconds must be 1 to 86400.");
        return new(known, url.TrimEnd('/'), key, TimeSpan.FromSeconds(timeout));
    }
}
