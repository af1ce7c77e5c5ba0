using Shouldly;
using TokenSense.Tools.Demo;
using Xunit;

namespace TokenSense.Specs.Tools;

public sealed class GeneratedTraceSpecs
{
    [Fact]
    public void The_made_up_trace_is_the_same_everywhere_and_always()
    {
        var calls = GeneratedTrace.Of(2_000);
        calls.ShouldBe(GeneratedTrace.Of(2_000));
        (calls.Sum(c => c.ContextTokens), calls.Sum(c => c.GeneratedTokens), calls[^1].Arrival.TotalMilliseconds).ShouldBe((4_203_811, 68_780, 781_031));
    }

    [Fact]
    public void A_shorter_trace_is_the_beginning_of_a_longer_one() =>
        GeneratedTrace.Of(100).ShouldBe(GeneratedTrace.Of(1_000).Take(100));

    [Fact]
    public void It_is_shaped_like_the_Azure_code_trace()
    {
        var calls = GeneratedTrace.Of(20_000);
        calls.Average(c => c.ContextTokens).ShouldBe(2_048, tolerance: 150);
        calls.Average(c => c.GeneratedTokens).ShouldBe(28, tolerance: 5);
        calls.Select(c => c.ContextTokens).Order().ElementAt(10_000).ShouldBeInRange(1_400, 1_540);
        calls.ShouldAllBe(c => c.ContextTokens >= 3 && c.ContextTokens <= 7_437 && c.GeneratedTokens >= 6 && c.GeneratedTokens <= 1_899);
        (calls[^1].Arrival.TotalSeconds / calls.Count).ShouldBe(0.39, tolerance: 0.02);
    }
}
