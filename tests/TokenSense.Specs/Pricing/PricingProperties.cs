using CsCheck;
using Shouldly;
using TokenSense.Pricing;
using Xunit;
using static TokenSense.Pricing.PriceResult;

namespace TokenSense.Specs.Pricing;

public sealed class PricingProperties
{
    private static readonly string[] Growing = ["input_tokens", "output_tokens"];

    // Any model of the shipped book, with a usage whose parts fit.
    private static readonly Gen<(PriceProvider Provider, PriceModel Model, TokenUsage Usage)> Calls =
        from provider in Gen.OneOfConst([.. PriceBook.Default.Providers.Where(p => p.Models.Length > 0)])
        from model in Gen.OneOfConst([.. provider.Models])
        from usage in Usages
        select (provider, model, usage);

    private static Gen<TokenUsage> Usages =>
        from plain in Gen.Long[0, 2_000_000]
        from read in Gen.Long[0, 500_000]
        from written in Gen.Long[0, 500_000]
        from hour in Gen.Long[0, written]
        from audio in Gen.Long[0, 10_000]
        from cachedAudio in Gen.Long[0, Math.Min(audio, read)]
        from output in Gen.Long[0, 1_000_000]
        from reasoning in Gen.Long[0, output]
        select new TokenUsage
        {
            InputTokens = plain + read + written + audio, CacheReadTokens = read, CacheWriteTokens = written, CacheWrite1hTokens = hour,
            InputAudioTokens = audio, CacheAudioReadTokens = cachedAudio, OutputTokens = output, OutputReasoningTokens = reasoning,
        };

    [Fact]
    public void A_cost_is_the_sum_of_its_lines_and_every_token_is_in_one_of_them() =>
        Calls.Sample(call =>
        {
            call.Usage.Problems().ShouldBeEmpty();
            if (Price(call.Provider, call.Model, call.Usage) is not Priced priced) return;
            priced.CostUsd.ShouldBe(priced.Lines.Sum(l => l.Units * l.UsdPerUnit));
            priced.Lines.Where(l => l.Class.EndsWith("_tokens")).Sum(l => l.Units).ShouldBe(call.Usage.InputTokens + call.Usage.OutputTokens);
        });

    [Fact]
    public void More_tokens_never_cost_less() =>
        Gen.Select(Calls, Gen.OneOfConst(Growing), Gen.Long[1, 1_000_000]).Sample((call, total, more) =>
        {
            var larger = call.Usage.With(total, call.Usage[total] + more);
            if (Price(call.Provider, call.Model, call.Usage) is not Priced before) return;
            if (Price(call.Provider, call.Model, larger) is not Priced after) return;
            after.CostUsd.ShouldBeGreaterThanOrEqualTo(before.CostUsd);
        });

    private static PriceResult Price(PriceProvider provider, PriceModel model, TokenUsage usage) =>
        PriceBook.Default.Price(provider.Id, model.Id, usage, Books.Noon);
}
