using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.Pricing;
using Xunit;
using static TokenSense.Pricing.PriceResult;
using static TokenSense.Pricing.UsageExtraction;

namespace TokenSense.Specs.Pricing;

public sealed class PriceOracleSpecs
{
    // The second is before most dated prices began, and in DeepSeek's cheaper hours; the third at a tier's edge of the clock.
    private static readonly DateTimeOffset[] Instants =
        [Books.Noon, new(2025, 1, 15, 18, 0, 0, TimeSpan.Zero), new(2025, 6, 1, 16, 30, 0, TimeSpan.Zero)];

    // No provider that can read the excerpt has a model of this name in the book, or has it with an empty price (Cerebras' qwen-3-coder).
    private static readonly string[] Unknown =
        ["groq/compound", "models/gemini-2.5-pro", "openai.gpt-oss-safeguard-20b", "qwen-3-coder-480b", "qwen3:0.6b"];

    [Fact]
    public void Every_excerpt_is_read_and_priced_as_by_a_second_reckoning_to_the_last_digit()
    {
        using var sample = ProviderUsagesSampleSpecs.Sample();
        using var json = typeof(PriceBook).Assembly.GetManifestResourceStream("TokenSense.Pricing.prices.json")!;
        var oracle = new PriceOracle(JsonNode.Parse(json)!);
        var (usages, refusals, prices, unpriced, wrong) = (0, 0, 0, 0, new List<string>());
        var (modelless, without) = (0, new HashSet<string>());
        foreach (var excerpt in sample.RootElement.EnumerateArray().Select(e => e.GetProperty("body")))
        {
            var body = JsonNode.Parse(excerpt.GetRawText())!;
            var (name, pricesBefore) = ((string?)null, prices);
            foreach (var (provider, flavor, extractor) in oracle.Extractors())
            {
                var found = Extract(provider, flavor, excerpt);
                if (PriceOracle.Extract(extractor, body) is not var (counts, model))
                {
                    refusals++;
                    if (found is Extracted) wrong.Add($"{provider}/{flavor}: nothing but {found}\n{excerpt}");
                    continue;
                }
                usages++;
                var usage = JsonSerializer.SerializeToElement(counts).Deserialize<TokenUsage>()!;
                if (found != new Extracted(model, usage)) wrong.Add($"{provider}/{flavor}: {usage} but {found}\n{excerpt}");
                name ??= model;
                foreach (var at in model is null ? [] : Instants)
                {
                    var result = PriceBook.Default.Price(provider, model!, usage, at);
                    // A class may not be larger than those around it: nothing to reckon.
                    if (result is Unpriced { Reason: UnpricedReason.ContradictoryUsage }) continue;
                    var cost = oracle.Cost(provider, model!, counts, at.UtcDateTime);
                    (prices, unpriced) = cost is null ? (prices, unpriced + 1) : (prices + 1, unpriced);
                    if (cost != (result is Priced priced ? new BigInteger(priced.CostUsd * 1_000_000_000_000m) : null))
                        wrong.Add($"{provider} {model} {usage} at {at}: {cost} but {result}");
                }
            }
            if (name is null) modelless++;
            else if (prices == pricesBefore) without.Add(name);
        }
        TestContext.Current.SendDiagnosticMessage(
            "{0} excerpts, {1} without a model: {2} usages and {3} refusals, {4} prices and {5} without; {6} differ",
            sample.RootElement.GetArrayLength(), modelless, usages, refusals, prices, unpriced, wrong.Count);
        wrong.ShouldBeEmpty();
        without.ShouldBe(Unknown, ignoreOrder: true);
        (usages, prices).ShouldSatisfyAllConditions(c => c.usages.ShouldBeGreaterThan(10_000), c => c.prices.ShouldBeGreaterThan(4_000));
    }
}
