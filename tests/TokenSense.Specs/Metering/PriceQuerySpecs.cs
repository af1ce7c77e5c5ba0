using Shouldly;
using TokenSense.Metering.Prices;
using TokenSense.Pricing;
using Xunit;

namespace TokenSense.Specs.Metering;

public sealed class PriceQuerySpecs
{
    private static readonly PriceBook Book = PriceBook.Default;

    [Fact]
    public void Page_by_page_every_model_of_the_book_is_shown_once()
    {
        List<(string, string)> seen = [];
        string? cursor = null;
        do
        {
            var (models, next) = PriceQuery.Read(Book, null, null, "200", cursor, out _)!.Find(Book);
            models.Count.ShouldBeInRange(1, 200);
            seen.AddRange(models.Select(m => (m.Provider.Id, m.Model.Id)));
            cursor = next;
        }
        while (cursor is not null);
        seen.ShouldBe(Book.Providers.SelectMany(p => p.Models.Select(m => (p.Id, m.Id))));
    }

    [Fact]
    public void Each_word_must_be_in_the_models_name_or_its_providers()
    {
        var (models, _) = PriceQuery.Read(Book, "OpenAI 4o-MINI", "openai", null, null, out _)!.Find(Book);
        models.ShouldNotBeEmpty();
        models.ShouldAllBe(m => m.Provider.Id == "openai" && m.Model.Id.Contains("4o-mini", StringComparison.Ordinal));
    }

    [Fact]
    public void What_cannot_be_read_is_said_all_at_once()
    {
        PriceQuery.Read(Book, new string('x', 201), "nobody", "0", "nobody/nothing", out var errors).ShouldBeNull();
        errors.Keys.Order().ShouldBe(["cursor", "limit", "provider", "q"]);
    }
}
