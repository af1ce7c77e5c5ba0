using System.Text.Json;

namespace TokenSense.Pricing;

/// <summary>What a call used that was answered whole.</summary>
public static class BodyUsage
{
    /// <summary>The usage that the body reports; estimated where it reports none that can be read and believed. Never throws.</summary>
    /// <param name="provider">As for <see cref="StreamedUsage"/>.</param>
    /// <param name="apiFlavor">As for <see cref="StreamedUsage"/>.</param>
    /// <param name="body">The provider's answer.</param>
    /// <param name="requestBytes">Size of the request's body, from which input is estimated.</param>
    /// <param name="book">Null means <see cref="PriceBook.Default"/>.</param>
    public static StreamedResult Read(
        string provider, string? apiFlavor, JsonElement body, long requestBytes, PriceBook? book = null)
    {
        var outputBytes = 0L;
        string? model = null;
        try
        {
            var format = AnswerFormats.Of(body);
            outputBytes = GeneratedBytes.OfBody(body, format);
            var extractor = format.Extractor(book ?? PriceBook.Default, provider, apiFlavor);
            model = extractor?.ModelPath.Find(body)?.Text();
            if (extractor?.Root.Find(body) is { } root && extractor.Known(root) is { } known) return new(known, false, model);
        }
        catch (InvalidOperationException)
        {
            // Half of a character in a member's name, which no reader of names can compare: estimated from what was read before it.
        }
        return new(UsageEstimate.Of(requestBytes, outputBytes), true, model);
    }
}
