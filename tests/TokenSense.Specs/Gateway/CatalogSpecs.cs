using Microsoft.Extensions.Configuration;
using Shouldly;
using TokenSense.Gateway.Providers;
using TokenSense.Pricing;
using Xunit;

namespace TokenSense.Specs.Gateway;

public sealed class CatalogSpecs
{
    private static readonly Operation Generate = Operation.Gemini[0];

    [Fact]
    public void A_model_finds_its_provider()
    {
        var catalog = Catalog("openai", "anthropic", "google", "groq");
        catalog.Find(PriceBook.Default, Operation.Chat, "gpt-4o", true).Provider!.Id.ShouldBe("openai");
        catalog.Find(PriceBook.Default, Operation.Messages, "claude-sonnet-4-5", true).Provider!.Id.ShouldBe("anthropic");
        catalog.Find(PriceBook.Default, Generate, "gemini-2.5-pro", true).Provider!.Id.ShouldBe("google");
        catalog.Find(PriceBook.Default, Operation.Chat, "llama-3.3-70b-versatile", true).Provider!.Id.ShouldBe("groq");
    }

    [Fact]
    public void Without_its_own_provider_a_model_is_called_where_else_it_is_offered() =>
        Catalog("openrouter").Find(PriceBook.Default, Operation.Chat, "openai/gpt-4o", true).Provider!.Id.ShouldBe("openrouter");

    [Fact]
    public void A_provider_without_a_key_is_named()
    {
        var refusal = Catalog("openai").Find(PriceBook.Default, Operation.Messages, "claude-sonnet-4-5", true).Refusal!;
        (refusal.Status, refusal.Code, refusal.Provider).ShouldBe((403, "MISSING_PROVIDER_KEY", "anthropic"));
    }

    [Fact]
    public void An_unknown_model_is_refused_under_a_budget_and_tried_without_one()
    {
        var catalog = Catalog("openai");
        catalog.Find(PriceBook.Default, Operation.Chat, "no-such-model", mustBePriced: true).Refusal!.Code.ShouldBe("MODEL_NOT_FOUND");
        catalog.Find(PriceBook.Default, Operation.Chat, "no-such-model", mustBePriced: false).Provider!.Id.ShouldBe("openai");
        catalog.Find(PriceBook.Default, Operation.Messages, "no-such-model", mustBePriced: false).Refusal!.Code.ShouldBe("MODEL_NOT_FOUND");
    }

    [Fact]
    public void A_model_at_an_address_of_another_format_is_refused_in_words() =>
        Catalog("openai").Find(PriceBook.Default, Operation.Messages, "gpt-4o", true).Refusal!.Message.ShouldContain("format");

    [Fact]
    public void Of_a_query_only_the_form_of_answer_goes_up_that_is_read_here()
    {
        Query(Generate, "alt", "sse").ShouldBe("?alt=sse");
        Query(Generate, "alt", "proto").ShouldBe("");
        Query(Generate, "fields", "candidates").ShouldBe("");
        Query(Operation.Messages, "beta", "true").ShouldBe("?beta=true");
        Query(Operation.Chat, "key", "secret").ShouldBe("");

        static string Query(Operation operation, string name, string value) =>
            TokenSense.Gateway.Proxy.Upstream.QueryUp(new Microsoft.AspNetCore.Http.QueryCollection(new Dictionary<string, Microsoft.Extensions.Primitives.StringValues> { [name] = value }), operation);
    }

    [Theory]
    [InlineData("openai", "https://api.openai.com/v1", "chat", "https://api.openai.com/v1/chat/completions")]
    [InlineData("anthropic", "https://api.anthropic.com", "messages", "https://api.anthropic.com/v1/messages?beta=true")]
    [InlineData("anthropic", "https://api.anthropic.com/v1/", "messages", "https://api.anthropic.com/v1/messages?beta=true")]
    [InlineData("anthropic", "https://api.anthropic.com/v1", "chat", "https://api.anthropic.com/v1/chat/completions")]
    [InlineData("google", "https://g.example/v1beta", "generate", "https://g.example/v1beta/models/gemini-2.5-pro:generateContent?alt=sse")]
    [InlineData("google", "https://g.example", "generate", "https://g.example/v1beta/models/gemini-2.5-pro:generateContent?alt=sse")]
    [InlineData("google", "https://g.example", "chat", "https://g.example/v1beta/openai/chat/completions")]
    [InlineData("google", "https://g.example", "embeddings", "https://g.example/v1beta/openai/embeddings")]
    public void A_base_url_may_end_where_the_providers_documentation_ends_it(string id, string url, string operation, string address)
    {
        var (asked, model) = operation switch
        {
            "chat" => (Operation.Chat, "m"), "embeddings" => (Operation.Embeddings, "m"), "messages" => (Operation.Messages, "m"), _ => (Generate, "gemini-2.5-pro"),
        };
        var query = address.Contains('?') ? address[address.IndexOf('?')..] : "";
        With(($"Providers:{id}:ApiKey", "k"), ($"Providers:{id}:BaseUrl", url)).Providers[0].AddressOf(asked, model, query)!.AbsoluteUri.ShouldBe(address);
    }

    [Theory]
    [InlineData("Providers:nobody:ApiKey", "k", "no provider of the price book")]
    [InlineData("Providers:openai:BaseUrl", "http://x", "ApiKey is not set")]
    [InlineData("Providers:azure:ApiKey", "k", "no default")]
    public void A_wrong_setting_is_told_at_the_start(string name, string value, string message) =>
        Should.Throw<InvalidOperationException>(() => With((name, value))).Message.ShouldContain(message);

    [Theory]
    [InlineData("0")]
    [InlineData("86401")]
    public void A_timeout_has_its_bounds(string seconds) =>
        Should.Throw<InvalidOperationException>(() => With(("Providers:openai:ApiKey", "k"), ("Providers:openai:TimeoutSeconds", seconds))).Message.ShouldContain("1 to 86400");

    [Theory]
    [InlineData("openai", "openai", "chat")]
    [InlineData("mistral", "mistral", "default")]
    [InlineData("groq", "groq", "default")]
    [InlineData("anthropic", "anthropic", "chat")]
    [InlineData("google", "google", "chat")]
    public void A_chats_usage_is_read_as_its_provider_tells_it(string id, string provider, string flavor) =>
        Catalog(id).Providers[0].ExtractorOf(Operation.Chat).ShouldBe((provider, flavor));

    [Fact]
    public void Each_formats_own_provider_tells_its_usage_its_own_way()
    {
        Catalog("anthropic").Providers[0].ExtractorOf(Operation.Messages).ShouldBe(("anthropic", "default"));
        Catalog("google").Providers[0].ExtractorOf(Generate).ShouldBe(("google", "default"));
    }

    [Fact]
    public void Mistral_alone_is_not_asked_for_a_streams_usage_because_it_would_refuse()
    {
        Catalog("mistral").Providers[0].TakesStreamOptions.ShouldBeFalse();
        Catalog("openai").Providers[0].TakesStreamOptions.ShouldBeTrue();
    }

    [Fact]
    public void A_providers_key_is_not_printed() => Catalog("openai").Providers[0].ToString().ShouldBe("openai");

    private static Catalog Catalog(params string[] ids) => With([.. ids.Select(id => ($"Providers:{id}:ApiKey", $"secret-{id}"))]);

    private static Catalog With(params (string Name, string Value)[] settings) =>
        new(PriceBook.Default, new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Name, (string?)s.Value))).Build());
}
