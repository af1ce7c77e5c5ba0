using System.Text.Json;
using Shouldly;
using TokenSense.EndToEnd.Running;
using TokenSense.Pricing;
using Xunit;
using static TokenSense.Pricing.PriceResult;
using static TokenSense.Pricing.UsageExtraction;

namespace TokenSense.EndToEnd.Clients;

/// <summary>The book's source has a calculator of its own, with which we agree on every excerpt of a real response.</summary>
public sealed class PriceCalculatorTests
{
    // It reckons in binary floats.
    private const double RelativeDifferenceMax = 1e-12;

    // The book lists these models with an empty price. The calculator takes that for free; here a cost that is not known is never 0.
    private static readonly string[] WithoutPrice =
    [
        "cerebras qwen-3-coder-480b: input_tokens",
        "github-copilot gpt-4.1-2025-04-14: input_tokens",
        "github-copilot gpt-4o-2024-08-06: input_tokens",
        "github-copilot gpt-4o-mini-2024-07-18: input_tokens",
        "openrouter google/gemini-2.0-flash-exp:free: input_tokens",
    ];

    // The second is before most dated prices began, and in DeepSeek's cheaper hours.
    private static readonly string[] Instants = ["2026-11-23T12:00:00Z", "2025-01-15T18:00:00Z"];

    [Fact]
    public async Task The_npm_calculator_extracts_the_same_usage_and_comes_to_the_same_price()
    {
        var sample = Path.Combine(Repository.Root, "..", "shared", "data", "provider-usages-sample.json");
        if (!File.Exists(sample)) Assert.Skip("../shared/data/provider-usages-sample.json is not beside the repository.");
        var folder = Path.Combine(Repository.Root, "tests", "TokenSense.EndToEnd", "Clients", "node");
        var book = Path.Combine(Repository.Root, "contracts", "TokenSense.Pricing", "book", "prices.json");
        await IsTheVersionOf(folder, book);
        var theirs = await Command.Run("node", ["prices.mjs", sample, book, .. Instants], folder);
        theirs.ExitCode.ShouldBe(0, theirs.Output[..Math.Min(4000, theirs.Output.Length)]);

        using var excerpts = JsonDocument.Parse(await File.ReadAllBytesAsync(sample));
        var (extracted, refused, priced, unpriced, farthest) = (0, 0, 0, 0, 0.0);
        var (differing, unpricedByUs) = (new List<string>(), new SortedSet<string>());
        foreach (var line in theirs.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var json = JsonDocument.Parse(line);
            var their = json.RootElement;
            var (provider, flavor) = (their.GetProperty("provider").GetString()!, their.GetProperty("flavor").GetString()!);
            var body = excerpts.RootElement[their.GetProperty("excerpt").GetInt32()].GetProperty("body");
            var our = UsageExtraction.Extract(provider, flavor, body);
            if (our is not Extracted { Usage: var usage, Model: var model })
            {
                refused++;
                if (!their.TryGetProperty("error", out _)) differing.Add($"{line} but {our}");
                continue;
            }
            extracted++;
            if (!their.TryGetProperty("usage", out var counts) || counts.Deserialize<TokenUsage>() != usage
                || their.GetProperty("model").GetString() != model) differing.Add($"{line} but {our}");
            if (model is null) continue;
            foreach (var (instant, usd) in Instants.Zip(their.GetProperty("usd").EnumerateArray()))
                switch (PriceBook.Default.Price(provider, model, usage, DateTimeOffset.Parse(instant)))
                {
                    case Priced ours when usd.ValueKind == JsonValueKind.Number:
                        priced++;
                        var (we, they) = ((double)ours.CostUsd, usd.GetDouble());
                        var difference = we == they ? 0 : Math.Abs(we - they) / Math.Max(we, they);
                        if (difference > RelativeDifferenceMax) differing.Add($"{line} at {instant} but {ours}");
                        farthest = Math.Max(farthest, difference);
                        break;
                    case Unpriced { Reason: UnpricedReason.NoPriceForClass } ours when usd.ValueKind == JsonValueKind.Number:
                        usd.GetDouble().ShouldBe(0);
                        unpricedByUs.Add($"{provider} {model}: {ours.Class}");
                        break;
                    case Unpriced { Reason: UnpricedReason.UnknownModel } when usd.ValueKind == JsonValueKind.Null:
                    case Unpriced { Reason: UnpricedReason.ContradictoryUsage } when usd.ValueKind == JsonValueKind.Object:
                        unpriced++;
                        break;
                    case var ours:
                        differing.Add($"{line} at {instant} but {ours}");
                        break;
                }
        }
        TestContext.Current.SendDiagnosticMessage(
            "{0} excerpts: {1} usages and {2} refusals compared, {3} prices and {4} without; {5} differ, the farthest price by {6:E1}",
            excerpts.RootElement.GetArrayLength(), extracted, refused, priced, unpriced, differing.Count, farthest);
        differing.ShouldBeEmpty();
        unpricedByUs.ShouldBe(WithoutPrice, ignoreOrder: true);
        (extracted, priced).ShouldSatisfyAllConditions(c => c.extracted.ShouldBeGreaterThan(10_000), c => c.priced.ShouldBeGreaterThan(2_500));
    }

    private static async Task IsTheVersionOf(string folder, string book)
    {
        await Command.NpmInstall(folder);
        var package = Path.Combine(folder, "node_modules", "@pydantic", "genai-prices", "package.json");
        Member(package, "version").ShouldBe(Member(book, "source_version"), "the calculator is of another version than the book");

        static string? Member(string file, string name)
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            return json.RootElement.GetProperty(name).GetString();
        }
    }
}
