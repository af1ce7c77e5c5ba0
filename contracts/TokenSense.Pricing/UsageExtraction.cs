using System.Text.Json;

namespace TokenSense.Pricing;

/// <summary>Model and usage read from a provider's own response body, or why they cannot be.</summary>
public abstract record UsageExtraction
{
    private UsageExtraction() { }

    /// <summary>The body was read.</summary>
    /// <param name="Model">The model the body names; null if it names none.</param>
    /// <param name="Usage">What it reports. Not yet checked: see <see cref="TokenUsage.Problems"/>.</param>
    public sealed record Extracted(string? Model, TokenUsage Usage) : UsageExtraction;

    /// <summary>The body was not read.</summary>
    /// <param name="Message">Why, in a sentence with the place in the body.</param>
    public sealed record NotExtracted(string Message) : UsageExtraction;

    /// <summary>Reads a body by the book's extractor for a provider's format. Counts that lead to the same class are added.</summary>
    /// <param name="provider">A provider's id or another name for it.</param>
    /// <param name="apiFlavor">One of the provider's <see cref="PriceProvider.ApiFlavors"/>; null means <c>default</c>, and where the provider
    /// has none, that of the body's own shape: a chat completion, a response, embeddings, Anthropic's message, Gemini's contents.</param>
    /// <param name="body">The response, or the last event of a stream that carries usage.</param>
    /// <param name="book">Null means <see cref="PriceBook.Default"/>.</param>
    public static UsageExtraction Extract(string provider, string? apiFlavor, JsonElement body, PriceBook? book = null)
    {
        book ??= PriceBook.Default;
        if (book.FindProvider(provider) is not { } found)
            return new NotExtracted($"No provider of the price book answers to '{provider}'.");
        try
        {
            var extractor = found.Extractors.FirstOrDefault(e => e.ApiFlavor == (apiFlavor ?? "default"));
            if (apiFlavor is null) extractor ??= AnswerFormats.Of(body).Extractor(book, found.Id, null);
            if (extractor is not null) return extractor.Read(body);
            var known = string.Join(", ", found.ApiFlavors);
            return new NotExtracted(apiFlavor is null
                ? $"The body's shape does not tell which API of provider '{found.Id}' it is of: say api_flavor, one of {known}."
                : $"Provider '{found.Id}' has no API flavor '{apiFlavor}', only: {known}.");
        }
        catch (FormatException e)
        {
            return new NotExtracted(e.Message);
        }
        catch (InvalidOperationException)
        {
            return new NotExtracted("A member's name in the body is not Unicode.");
        }
    }
}
