using System.Text;
using Shouldly;
using TokenSense.Pricing;
using Xunit;

namespace TokenSense.Specs.Pricing;

public sealed class PriceBookFormatSpecs
{
    [Theory]
    [InlineData("0.0000001")]
    [InlineData("1e-7")]
    [InlineData("0.08333333333333334")]
    [InlineData("0.1000000000000000000000000000000000001")]
    public void More_than_twelve_decimals_per_token_are_refused_with_their_place(string price) =>
        Refused($$"""{"input_mtok":{{price}}}""").ShouldSatisfyAllConditions(
            m => m.ShouldContain("provider 'acme', model 'm', field 'input_mtok'"),
            m => m.ShouldContain("more than 12 decimals"));

    [Theory]
    [InlineData("0.000001")]
    [InlineData("1e-6")]
    [InlineData("0.50000000000")]
    public void Twelve_decimals_per_token_are_allowed(string price) =>
        Books.WithPrices($$"""{"input_mtok":{{price}}}""").Ignored.ShouldBeEmpty();

    [Fact]
    public void A_price_per_thousand_may_have_nine_decimals()
    {
        Books.WithPrices("""{"requests_kcount":0.000000001}""").Ignored.ShouldBeEmpty();
        Refused("""{"requests_kcount":0.0000000001}""").ShouldContain("requests_kcount");
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1000001")]
    [InlineData("\"1\"")]
    [InlineData("null")]
    [InlineData("""{"base":1,"tiers":[{"start":-1,"price":2}]}""")]
    [InlineData("""{"base":1,"tiers":[{"start":5,"price":0.0000001}]}""")]
    public void What_is_no_price_is_refused_with_its_place(string price) =>
        Refused($$"""{"output_mtok":{{price}}}""").ShouldContain("provider 'acme', model 'm', field 'output_mtok'");

    [Fact]
    public void A_price_for_a_part_needs_one_for_what_contains_it() =>
        Refused("""{"cache_read_mtok":1}""").ShouldContain("cache_read_mtok needs input_mtok");

    [Fact]
    public void Two_parts_that_may_overlap_need_a_price_for_the_overlap() =>
        Refused("""{"input_mtok":1,"cache_read_mtok":1,"input_audio_mtok":1}""").ShouldContain("cache_audio_read_mtok");

    [Theory]
    [InlineData("not json")]
    [InlineData("{}")]
    [InlineData("""[{"id":"x"}]""")]
    [InlineData("""[{"id":"x","models":[{"id":"m","match":{"sounds_like":"m"},"prices":{}}]}]""")]
    [InlineData("""[{"id":"x","models":[{"id":"m","match":{"regex":"("},"prices":{}}]}]""")]
    [InlineData("""[{"id":"x","models":[{"id":"m","match":{"equals":"m"},"prices":[]}]}]""")]
    [InlineData("""[{"id":"x","models":[{"id":"m","match":{"equals":"m"},"prices":[{"constraint":{"start_date":"soon"},"prices":{}}]}]}]""")]
    [InlineData("""[{"id":"x","models":[]},{"id":"x","models":[]}]""")]
    public void What_is_no_book_is_refused(string json) => Should.Throw<FormatException>(() => Books.Parse(json));

    [Fact]
    public void The_version_changes_with_the_prices_and_not_with_the_head()
    {
        const string Providers = """[{"id":"x","models":[]}]""";
        var version = Books.Parse($$"""{"source_version":"1.2.3","version":"forged","providers":{{Providers}}}""").Version;
        version.ShouldStartWith("genai-prices-1.2.3+");
        Books.Parse($$"""{"source_version":"1.2.3","providers":{{Providers}}}""").Version.ShouldBe(version);
        Books.Parse($$"""{"source_version":"1.2.3","providers":{{Providers.Replace("\"x\"", "\"y\"")}}}""").Version.ShouldNotBe(version);
    }

    [Fact]
    public void A_book_is_read_from_a_stream_as_from_bytes()
    {
        var bytes = Encoding.UTF8.GetBytes("\uFEFF" + """[{"id":"x","models":[]}]""");
        PriceBook.Parse(new MemoryStream(bytes)).Version.ShouldBe(PriceBook.Parse(bytes).Version);
    }

    private static string Refused(string prices) => Should.Throw<FormatException>(() => Books.WithPrices(prices)).Message;
}
