using System.Text.Json;
using Shouldly;
using TokenSense.Pricing;
using Xunit;
using static TokenSense.Pricing.PriceResult;

namespace TokenSense.Specs.Pricing;

/// <summary>Prices that somebody sets for themselves go before the book's, and nothing that they hold can slow a call down.</summary>
public sealed class OwnPricesSpecs
{
    private static readonly TokenUsage Used = new() { InputTokens = 1_000_000, OutputTokens = 1_000_000 };

    [Fact]
    public void They_go_before_the_books_and_leave_the_rest_as_it_is()
    {
        var book = PriceBook.Default.With(Read("""[{"id":"openai","models":[{"id":"gpt-4o","prices":{"input_mtok":1,"output_mtok":2.000001}}]}]"""), 7);
        var priced = book.Price("openai", "GPT-4o", Used, Books.Noon).ShouldBeOfType<Priced>();
        (priced.CostUsd, priced.BookVersion).ShouldBe((3.000001m, $"{PriceBook.Default.Version}~7"));
        ((Priced)book.Price("openai", "gpt-4o-mini", Used, Books.Noon)).CostUsd.ShouldBe(((Priced)PriceBook.Default.Price("openai", "gpt-4o-mini", Used, Books.Noon)).CostUsd);
        ((Priced)book.Price(null, "gpt-4o", Used, Books.Noon)).CostUsd.ShouldBe(3.000001m);
    }

    [Theory]
    [InlineData("openai", "gpt-4o", "gpt-4o-2024-08-06", 3)]
    [InlineData("openai", "gpt-4o", "gpt-4o", 3)]
    [InlineData("openai", "gpt-4o", "gpt-4o-mini", 0.75)]
    [InlineData("anthropic", "claude-sonnet-4-5", "claude-sonnet-4-5-20250929", 3)]
    // One that names a single snapshot takes that alone.
    [InlineData("openai", "gpt-4o-2024-08-06", "gpt-4o-2024-08-06", 3)]
    [InlineData("openai", "gpt-4o-2024-08-06", "gpt-4o", 12.5)]
    public void A_price_of_a_model_of_the_book_is_for_the_names_by_which_its_provider_answers_and_for_no_other_model(string provider, string own, string answered, decimal usd) =>
        ((Priced)PriceBook.Default.With(Read($$"""[{"id":"{{provider}}","models":[{"id":"{{own}}","prices":{"input_mtok":1,"output_mtok":2} } ] } ]"""), 1)
            .Price(provider, answered, Used, Books.Noon)).CostUsd.ShouldBe(usd);

    [Fact]
    public void Own_models_are_tried_in_their_order_so_that_a_wide_rule_takes_what_is_left()
    {
        var book = PriceBook.Default.With(Read("""[{"id":"openai","models":[{"id":"gpt-4o","prices":{"input_mtok":1,"output_mtok":2}},{"id":"rest","match":{"starts_with":"gpt-"},"prices":{"input_mtok":50,"output_mtok":50}}]}]"""), 1);
        new[] { "gpt-4o", "gpt-4o-2024-08-06", "gpt-4o-mini" }.Select(m => ((Priced)book.Price("openai", m, Used, Books.Noon)).CostUsd).ShouldBe([3, 3, 100]);
    }

    [Fact]
    public void An_own_price_is_for_the_provider_that_it_names_whoever_resells_the_model()
    {
        var openai = PriceBook.Default.With(Read("""[{"id":"openai","models":[{"id":"gpt-4o","prices":{"input_mtok":1,"output_mtok":2}}]}]"""), 1);
        ((Priced)openai.Price("azure", "gpt-4o", Used, Books.Noon)).CostUsd.ShouldBe(12.5m);
        var azure = PriceBook.Default.With(Read("""[{"id":"azure","models":[{"id":"gpt-4o","prices":{"input_mtok":1,"output_mtok":2}}]}]"""), 1);
        new[] { "gpt-4o", "gpt-4o-2024-11-20" }.Select(m => ((Priced)azure.Price("azure", m, Used, Books.Noon)).CostUsd).ShouldBe([3, 3]);
        ((Priced)azure.Price("openai", "gpt-4o", Used, Books.Noon)).CostUsd.ShouldBe(12.5m);
    }

    [Theory]
    [InlineData("groq", "whisper-large-v3", """{"audio_hours":0.036}""", 3_600, 0.036)]
    public void What_is_measured_in_seconds_costs_the_own_price_alone(string provider, string model, string prices, long seconds, decimal usd) =>
        ((Priced)PriceBook.Default.With(Read($$"""[{"id":"{{provider}}","models":[{"id":"{{model}}","prices":{{prices}} } ] } ]"""), 1)
            .Price(provider, model, new TokenUsage { AudioSeconds = seconds }, Books.Noon)).CostUsd.ShouldBe(usd);

    [Theory]
    [InlineData("bedrock", "m", "'aws' in the price book")]
    [InlineData("anthropic", "claude-3-5-sonnet-latest", "is 'claude-3-5-sonnet' in the price book")]
    [InlineData("openai", "gpt-4o-2024-08-06", null)]
    [InlineData("openai", "gpt-4o", null)]
    [InlineData("openai", "ours", null)]
    [InlineData("acme", "m", null)]
    public void What_would_not_do_what_it_seems_to_is_said(string provider, string model, string? said)
    {
        var given = $$"""[{"id":"{{provider}}","models":[{"id":"{{model}}","prices":{"input_mtok":1} } ] } ]""";
        if (said is null) Read(given).Length.ShouldBe(1);
        else Should.Throw<FormatException>(() => Read(given)).Message.ShouldContain(said);
    }

    [Fact]
    public void Every_model_of_the_book_can_have_an_own_price_that_is_found_by_its_id()
    {
        foreach (var provider in PriceBook.Default.Providers)
            foreach (var model in provider.Models.Where(m => m.Id.Length <= 256 && m.Id.Trim() == m.Id))
            {
                var book = PriceBook.Default.With(Read(JsonSerializer.Serialize(new[] { new { id = provider.Id, models = new[] { new { id = model.Id, prices = new { input_mtok = 7, output_mtok = 7 } } } } })), 1);
                // Beside the tokens some are paid by the request.
                ((Priced)book.Price(provider.Id, model.Id, Used, Books.Noon)).Lines.Where(l => l.Class.EndsWith("_tokens", StringComparison.Ordinal)).Sum(l => l.CostUsd).ShouldBe(14, $"{provider.Id}/{model.Id}");
            }
    }

    [Fact]
    public void What_is_not_measured_in_tokens_keeps_the_books_price_and_so_no_call_is_free()
    {
        var book = PriceBook.Default.With(Read("""[{"id":"anthropic","models":[{"id":"claude-sonnet-4-6","prices":{"input_mtok":1,"output_mtok":2}}]}]"""), 1);
        ((Priced)book.Price("anthropic", "claude-sonnet-4-6", Used with { WebSearches = 1_000 }, Books.Noon)).CostUsd.ShouldBe(13);
        ((Priced)book.Price("anthropic", "claude-sonnet-4-6", Used with { CacheReadTokens = 1_000_000 }, Books.Noon)).CostUsd.ShouldBe(3);
    }

    [Fact]
    public void What_is_kept_says_what_was_meant_and_nothing_else() =>
        OwnPrices.Accept(JsonSerializer.Deserialize<JsonElement>(
            """
            [ { "models" : [ { "prices" : [ {"prices":{"input_mtok":{"tiers":[{"price":2,"start":10}],"base":1.50}}}, {"prices":{"input_mtok":3},"constraint":{"type":"start_date","start_date":"2027-01-01"}} ],
                "match":{"and":[{"contains":"é"}]}, "id":"m" } ], "id":"acme", "name":"A" } ]
            """), PriceBook.Default).GetRawText().ShouldBe(
            """[{"id":"acme","name":"A","models":[{"id":"m","match":{"and":[{"contains":"\u00E9"}]},"prices":[{"prices":{"input_mtok":{"base":1.50,"tiers":[{"start":10,"price":2}]}}},{"constraint":{"type":"start_date","start_date":"2027-01-01"},"prices":{"input_mtok":3}}]}]}]""");

    [Fact]
    public void They_add_models_and_providers_that_the_book_does_not_have()
    {
        var book = PriceBook.Default.With(Read(
            """
            [{"id":"openai","models":[{"id":"ours","match":{"or":[{"starts_with":"ft:ours"},{"equals":"ours"}]},"prices":{"input_mtok":1,"output_mtok":1}}]},
             {"id":"acme","name":"Acme","models":[{"id":"m","prices":[{"prices":{"input_mtok":1,"output_mtok":1}},{"constraint":{"start_date":"2026-11-23"},"prices":{"input_mtok":2,"output_mtok":2}}]}]}]
            """), 1);
        ((Priced)book.Price("openai", "ft:ours:2", Used, Books.Noon)).CostUsd.ShouldBe(2);
        ((Priced)book.Price("acme", "m", Used, Books.Noon)).CostUsd.ShouldBe(4);
        ((Priced)book.Price("acme", "m", Used, Books.Noon.AddDays(-1))).CostUsd.ShouldBe(2);
        book.Find("ours")[0].Provider.Id.ShouldBe("openai");
        PriceBook.Default.Price("acme", "m", Used, Books.Noon).ShouldBeOfType<Unpriced>();
    }

    [Theory]
    [InlineData("""{}""", "a list")]
    [InlineData("""[{"id":"OpenAI","models":[{"id":"m","prices":{"input_mtok":1}}]}]""", "lower-case")]
    [InlineData("""[{"id":"openai","models":[]}]""", "has no models")]
    [InlineData("""[{"id":"openai","models":[{"id":"m","name":"M","prices":{"input_mtok":1}}]}]""", "'name' cannot be set")]
    [InlineData("""[{"id":"openai","models":[{"id":"m","x":[1e131000],"prices":{"input_mtok":1}}]}]""", "'x' cannot be set")]
    [InlineData("""[{"id":"openai","models":[{"id":"m","prices":{"input_mtok":1e-30}}]}]""", "must be a number")]
    [InlineData("""[{"id":"openai","models":[{"id":"m","prices":{"input_mtok":0.0000001}}]}]""", "12 decimals")]
    [InlineData("""[{"id":"openai","models":[{"id":"m","prices":{"input_mtok":{"base":1,"tiers":[],"x":1}}}]}]""", "'x' cannot be set")]
    [InlineData("""[{"id":"openai","models":[{"id":"m","prices":{"input_mtok":1,"input_mtok":2}}]}]""", "twice")]
    [InlineData("""[{"id":"openai","models":[{"id":"m","prices":[{"constraint":{"start_date":"soon"},"prices":{"input_mtok":1}}]}]}]""", "neither a start date")]
    [InlineData("""[{"id":"openai","models":[{"id":"m","prices":{"cache_read_mtok":1}}]}]""", "needs input_mtok")]
    [InlineData("""[{"id":"openai","models":[{"id":"m","match":{"or":[{"or":[{"or":[{"equals":"a"}]}]}]},"prices":{"input_mtok":1}}]}]""", "rules in rules")]
    [InlineData("""[1]""", "object")]
    [InlineData("""[{"id":"openai"}]""", "provider 'openai' has no models")]
    [InlineData("""[{"models":[]}]""", "no id")]
    [InlineData("""[{"id":"openai","api_pattern":".*","models":[]}]""", "'api_pattern' cannot be set")]
    [InlineData("""[{"id":"openai","models":[{"id":"m","prices":{"input_mtok":1}}]},{"id":"openai","models":[{"id":"m","prices":{"input_mtok":1}}]}]""", "twice")]
    [InlineData("""[{"id":"openai","models":[{"prices":{}}]}]""", "no id")]
    [InlineData("""[{"id":"openai","models":[{"id":" m","prices":{"input_mtok":1}}]}]""", "spaces")]
    [InlineData("""[{"id":"openai","models":[{"id":"m\u0000","prices":{"input_mtok":1}}]}]""", "control")]
    [InlineData("""[{"id":"openai","models":[{"id":"\ud800","prices":{"input_mtok":1}}]}]""", "Unicode")]
    [InlineData("""[{"id":"openai","models":[{"id":"m"}]}]""", "no prices")]
    [InlineData("""[{"id":"openai","models":[{"id":"m","prices":{}}]}]""", "has no price")]
    [InlineData("""[{"id":"openai","models":[{"id":"m","prices":[]}]}]""", "empty")]
    [InlineData("""[{"id":"openai","models":[{"id":"m","prices":{"input_mtok":-1}}]}]""", "input_mtok")]
    [InlineData("""[{"id":"openai","models":[{"id":"m","prices":{"input_mtok":1e9}}]}]""", "input_mtok")]
    [InlineData("""[{"id":"openai","models":[{"id":"m","prices":{"input_mtok":"1"}}]}]""", "must be a number")]
    [InlineData("""[{"id":"openai","models":[{"id":"m","prices":{"input_mtokk":1}}]}]""", "input_mtokk")]
    [InlineData("""[{"id":"openai","models":[{"id":"m","prices":{"input_mtok":1}},{"id":"m","prices":{"input_mtok":2}}]}]""", "twice")]
    [InlineData("""[{"id":"openai","models":[{"id":"m","match":{"regex":"(a+)+$"},"prices":{"input_mtok":1}}]}]""", "'regex' is no rule here")]
    [InlineData("""[{"id":"openai","models":[{"id":"m","match":{"or":[{"regex":"(a+)+$"}]},"prices":{"input_mtok":1}}]}]""", "'regex' is no rule here")]
    [InlineData("""[{"id":"openai","models":[{"id":"m","match":{"and":[]},"prices":{"input_mtok":1}}]}]""", "no rules")]
    [InlineData("""[{"\ud800":1,"id":"openai","models":[]}]""", "Unicode")]
    [InlineData("""[{"id":"openai","models":[{"id":"m","match":{"equals":"a","contains":"b"},"prices":{"input_mtok":1}}]}]""", "one rule")]
    public void What_is_wrong_is_said_with_its_place(string json, string said) =>
        Should.Throw<FormatException>(() => Read(json)).Message.ShouldContain(said);

    [Fact]
    public void There_are_bounds_to_models_rules_and_size()
    {
        static string Model(int n, string more = "") => $$"""{"id":"m{{n}}",{{more}}"prices":{"input_mtok":1} }""";
        static string Of(IEnumerable<string> models) => $$"""[{"id":"openai","models":[{{string.Join(',', models)}}]}]""";
        Read(Of(Enumerable.Range(0, OwnPrices.ModelsMax).Select(n => Model(n)))).Single().Models.Length.ShouldBe(OwnPrices.ModelsMax);
        Should.Throw<FormatException>(() => Read(Of(Enumerable.Range(0, OwnPrices.ModelsMax + 1).Select(n => Model(n))))).Message.ShouldContain("200 models");
        var many = string.Join(',', Enumerable.Repeat("""{"equals":"a"}""", 30));
        Should.Throw<FormatException>(() => Read(Of([Model(1, $$"""  "match":{"or":[{{many}}]},""")]))).Message.ShouldContain("20 rules");
        var wide = string.Join(',', Enumerable.Repeat($$"""{"equals":"{{new string('x', 250)}}" }""", 18));
        Should.Throw<FormatException>(() => Read(Of(Enumerable.Range(0, 50).Select(n => Model(n, $$"""  "match":{"or":[{{wide}}]},"""))))).Message.ShouldContain("larger");
    }

    private static System.Collections.Immutable.ImmutableArray<PriceProvider> Read(string json) => OwnPrices.Read(OwnPrices.Accept(JsonSerializer.Deserialize<JsonElement>(json), PriceBook.Default));
}
