using System.Text.Json;
using Shouldly;
using TokenSense.Pricing;
using Xunit;
using static TokenSense.Pricing.PriceResult;

namespace TokenSense.Specs.Pricing;

public sealed class DefaultBookSpecs
{
    [Fact]
    public void The_shipped_book_is_understood_to_its_last_field()
    {
        PriceBook.Default.Ignored.ShouldBeEmpty();
        PriceBook.Default.Providers.Length.ShouldBeGreaterThan(40);
        PriceBook.Default.Providers.Sum(p => p.Models.Length).ShouldBeGreaterThan(1600);
    }

    [Fact]
    public void The_version_in_the_file_is_that_of_its_contents()
    {
        using var file = typeof(PriceBook).Assembly.GetManifestResourceStream("TokenSense.Pricing.prices.json")!;
        using var json = JsonDocument.Parse(file);
        PriceBook.Default.Version.ShouldBe(json.RootElement.GetProperty("version").GetString());
    }

    [Theory]
    [InlineData("gpt-4o", "openai")]
    [InlineData("gpt-5-mini-2025-08-07", "openai")]
    [InlineData("claude-sonnet-4-5-20250929", "anthropic")]
    [InlineData("gemini-2.5-flash", "google")]
    [InlineData("mistral-large-latest", "mistral")]
    public void Well_known_models_are_found_at_their_makers_first(string model, string provider) =>
        PriceBook.Default.Find(model)[0].Provider.Id.ShouldBe(provider);

    [Fact]
    public void A_call_to_a_well_known_model_costs_its_list_price() =>
        PriceBook.Default.Price("openai", "gpt-4o", new() { InputTokens = 1200, OutputTokens = 80 }, Books.Noon)
            .ShouldBeOfType<Priced>().CostUsd.ShouldBe(0.0038m);
}
