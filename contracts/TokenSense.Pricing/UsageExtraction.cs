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
    /// <param name="apiFlavor">One of the provider's <see cref="PriceProvider.ApiFlavors"/>; null means <c>default</c>.</param>
    /// <param name="body">The response, or the last event of a stream that carries usage.</param>
    /// <param name="book">Null means <see cref="PriceBook.Default"/>.</param>
    public static UsageExtraction Extract(string provider, string? apiFlavor, JsonElement body, PriceBook? book = null)
    {
        if ((book ?? PriceBook.Default).FindProvider(provider) is not { } found)
            return new NotExtracted($"No provider of the price book answers to '{provider}'.");
        var flavor = apiFlavor ?? "default";
        if (found.Extractors.FirstOrDefault(e => e.ApiFlavor == flavor) is not { } extractor)
            return new NotExtracted($"Provider '{found.Id}' has no API flavor '{flavor}', only: {string.Join(", ", found.ApiFlavors)}.");
        try
        {
            return extractor.Read(body);
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
