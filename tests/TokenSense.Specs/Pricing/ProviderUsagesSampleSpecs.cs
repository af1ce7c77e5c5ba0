using System.Globalization;
using System.Text.Json;
using Shouldly;
using TokenSense.Pricing;
using Xunit;
using static TokenSense.Pricing.PriceResult;
using static TokenSense.Pricing.UsageExtraction;

namespace TokenSense.Specs.Pricing;

// 551 excerpts of real responses with the usage that genai-prices found in them.
public sealed class ProviderUsagesSampleSpecs
{
    [Fact]
    public void Every_listed_extractor_finds_the_listed_usage()
    {
        using var sample = Sample();
        var (read, wrong) = (0, new List<string>());
        foreach (var (body, provider, flavor, listed, _) in Cases(sample))
        {
            read++;
            var found = Extract(provider, flavor, body);
            if (found is not Extracted { Usage: var usage } || usage != Since(provider, listed, usage))
                wrong.Add($"{provider}/{flavor}: {listed} but {found}\n{body}");
        }
        TestContext.Current.SendDiagnosticMessage("{0} extractions compared", read);
        read.ShouldBeGreaterThan(6000);
        wrong.ShouldBeEmpty();
    }

    [Fact]
    public void No_usage_of_a_real_response_is_refused()
    {
        using var sample = Sample();
        Cases(sample).SelectMany(c => c.Listed.Problems().Select(p => $"{c.Provider}: {p.Message}")).Distinct().ShouldBeEmpty();
    }

    // The listed prices are of mid 2026; a few have moved since, so most must agree and not all.
    [Fact]
    public void Nearly_all_listed_prices_still_hold()
    {
        using var sample = Sample();
        var (same, moved) = (0, new List<string>());
        foreach (var (body, provider, flavor, listed, costUsd) in Cases(sample).Where(c => c.ListedUsd is not null))
        {
            var model = ((Extracted)Extract(provider, flavor, body)).Model!;
            var result = PriceBook.Default.Price(provider, model, listed, Books.Noon);
            if (result is Priced priced && Tokens(priced) == costUsd) same++;
            else moved.Add($"{provider} {model} {listed}: {costUsd} but {result}");
        }
        TestContext.Current.SendDiagnosticMessage("{0} prices agree, {1} have moved", same, moved.Count);
        (same * 100 / (same + moved.Count)).ShouldBeGreaterThanOrEqualTo(90, string.Join('\n', moved));
    }

    // Azure's extractors have learnt to read cache writes after the sample was taken.
    private static TokenUsage Since(string provider, TokenUsage listed, TokenUsage found) =>
        provider == "azure" ? listed with { CacheWriteTokens = found.CacheWriteTokens } : listed;

    private static decimal Tokens(Priced priced) => priced.Lines.Where(l => l.Class.EndsWith("_tokens")).Sum(l => l.CostUsd);

    internal sealed record Case(JsonElement Body, string Provider, string Flavor, TokenUsage Listed, decimal? ListedUsd);

    internal static IEnumerable<Case> Cases(JsonDocument sample) =>
        from excerpt in sample.RootElement.EnumerateArray()
        from finding in excerpt.GetProperty("extracted").EnumerateArray()
        let usage = finding.GetProperty("usage").Deserialize<TokenUsage>()
        from extractor in finding.GetProperty("extractors").EnumerateArray()
        let priced = extractor.TryGetProperty("input_price", out _)
        select new Case(
            excerpt.GetProperty("body"), extractor.GetProperty("provider_id").GetString()!, extractor.GetProperty("api_flavor").GetString()!,
            usage, priced ? Usd(extractor, "input_price") + Usd(extractor, "output_price") : null);

    private static decimal Usd(JsonElement extractor, string member) =>
        decimal.Parse(extractor.GetProperty(member).GetString()!, NumberStyles.Float, CultureInfo.InvariantCulture);

    internal static JsonDocument Sample()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "global.json"))) root = root.Parent;
        var file = Path.Combine(root?.FullName ?? ".", "..", "shared", "data", "provider-usages-sample.json");
        if (!File.Exists(file))
            Assert.Skip("../shared/data/provider-usages-sample.json is not beside the repository: real responses are not checked.");
        return JsonDocument.Parse(File.ReadAllBytes(file));
    }
}
