using Shouldly;
using TokenSense.Pricing;
using Xunit;
using static TokenSense.Pricing.PriceResult;

namespace TokenSense.Specs.Pricing;

public sealed class FindingModelsSpecs
{
    private static readonly TokenUsage Some = new() { InputTokens = 10 };

    private static readonly PriceBook Book = Books.Parse(
        """
        [{"id":"first","api_pattern":"https://api\\.first\\.test","provider_match":{"contains":"one"},"model_match":{"starts_with":"alpha"},"models":[
           {"id":"alpha","match":{"or":[{"equals":"alpha"},{"starts_with":"alpha-2025"}]},"prices":{"input_mtok":1}},
           {"id":"beta","match":{"and":[{"contains":"beta"},{"ends_with":"x"},{"regex":"^b\\w+-x$"}]},"prices":{"input_mtok":2}},
           {"id":"dated","match":{"equals":"gamma-2025-08-07"},"prices":{"input_mtok":3}}]},
         {"id":"reseller","fallback_model_providers":["first"],"models":[
           {"id":"alpha-resold","match":{"equals":"alpha"},"prices":{"input_mtok":9}}]},
         {"id":"reseller-of-reseller","fallback_model_providers":["reseller"],"models":[]}]
        """);

    [Theory]
    [InlineData("first", "alpha", "first", "alpha")]
    [InlineData(" FIRST ", " ALPHA ", "first", "alpha")]
    [InlineData("number-one", "alpha-2025-01", "first", "alpha")]
    [InlineData(null, "alpha", "first", "alpha")]
    [InlineData("first", "beta-x", "first", "beta")]
    [InlineData("first", "gamma-20250807", "first", "dated")]
    [InlineData("reseller", "alpha", "reseller", "alpha-resold")]
    [InlineData("reseller", "beta-x", "reseller", "beta")]
    [InlineData("litellm", "first/alpha", "first", "alpha")]
    [InlineData("litellm", "alpha", "first", "alpha")]
    public void A_call_is_priced_by_the_provider_and_model_its_names_lead_to(string? provider, string model, string providerId, string modelId)
    {
        var priced = Book.Price(provider, model, Some, Books.Noon).ShouldBeOfType<Priced>();
        (priced.ProviderId, priced.ModelId).ShouldBe((providerId, modelId));
    }

    [Theory]
    [InlineData("first", "beta-y")]
    [InlineData("first", "gamma-20251399")]
    [InlineData("first", "first/alpha")]
    [InlineData("reseller-of-reseller", "beta-x")]
    [InlineData("nobody", "alpha")]
    [InlineData(null, "beta-x")]
    public void Names_that_no_rule_knows_lead_nowhere(string? provider, string model) =>
        Book.Price(provider, model, Some, Books.Noon).ShouldBeOfType<Unpriced>();

    [Fact]
    public void Who_offers_a_model_is_listed_with_the_provider_that_claims_it_first() =>
        Book.Find("alpha").Select(k => (k.Provider.Id, k.Model.Id)).ShouldBe(
            [("first", "alpha"), ("reseller", "alpha-resold"), ("reseller-of-reseller", "alpha-resold")]);

    [Fact]
    public void Resellers_come_after_those_who_list_a_model() =>
        Book.Find("beta-x").Select(k => k.Provider.Id).ShouldBe(["first", "reseller"]);

    [Fact]
    public void A_provider_is_found_by_the_address_of_its_API()
    {
        Book.FindProvider(new Uri("https://api.first.test/v1/chat"))!.Id.ShouldBe("first");
        Book.FindProvider(new Uri("https://elsewhere.test/https://api.first.test")).ShouldBeNull();
    }

    [Fact]
    public void Names_beyond_the_limit_are_unknown()
    {
        var name = "alpha-2025" + new string('x', PriceBook.NameLengthMax);
        Book.Price("first", name, Some, Books.Noon).ShouldBeOfType<Unpriced>().Reason.ShouldBe(UnpricedReason.UnknownModel);
        Book.Find(name).ShouldBeEmpty();
    }

    [Fact]
    public void Names_asked_for_once_are_forgotten_and_answers_stay_right()
    {
        Book.Price("first", "alpha", Some, Books.Noon);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 100_000; i++)
        {
            Book.Price("first", $"{i}-{new string('x', 490)}", Some, Books.Noon).ShouldBeOfType<Unpriced>();
            if (i % 1000 == 0) Book.Price("first", "alpha", Some, Books.Noon).ShouldBeOfType<Priced>();
        }
        // All of these names would take 100 MB.
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(40_000_000);
    }
}
