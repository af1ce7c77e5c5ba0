using Shouldly;
using TokenSense.Pricing;
using Xunit;

namespace TokenSense.Specs.Pricing;

public sealed class UsageProblemsSpecs
{
    [Fact]
    public void A_usage_whose_parts_fit_has_no_problems() =>
        new TokenUsage
        {
            InputTokens = 100, CacheReadTokens = 60, CacheWriteTokens = 10, InputAudioTokens = 50, CacheAudioReadTokens = 20,
            OutputTokens = 10, OutputReasoningTokens = 10,
        }.Problems().ShouldBeEmpty();

    [Fact]
    public void All_counts_out_of_range_are_reported_at_once() =>
        new TokenUsage { InputTokens = -1, OutputTokens = TokenUsage.CountMax + 1, WebSearches = -7 }
            .Problems().Select(p => p.Member).ShouldBe(["input_tokens", "output_tokens", "web_searches"], ignoreOrder: true);

    [Fact]
    public void The_largest_count_is_allowed() => new TokenUsage { InputTokens = TokenUsage.CountMax }.Problems().ShouldBeEmpty();

    [Fact]
    public void All_parts_that_exceed_their_totals_are_reported_at_once() =>
        new TokenUsage { InputTokens = 10, CacheReadTokens = 11, OutputTokens = 5, OutputReasoningTokens = 6 }
            .Problems().Select(p => p.Member).ShouldBe(["cache_read_tokens", "output_reasoning_tokens"], ignoreOrder: true);

    [Fact]
    public void Parts_that_exclude_each_other_may_not_exceed_their_total_together() =>
        new TokenUsage { InputTokens = 10, CacheReadTokens = 6, CacheWriteTokens = 5 }.Problems().ShouldHaveSingleItem().Member.ShouldBe("input_tokens");

    [Fact]
    public void Cached_audio_is_part_of_the_cached_and_of_the_audio_tokens() =>
        new TokenUsage { InputTokens = 10, CacheReadTokens = 4, InputAudioTokens = 3, CacheAudioReadTokens = 4 }
            .Problems().ShouldHaveSingleItem().Message.ShouldBe("cache_audio_read_tokens (4) exceeds input_audio_tokens (3).");

    [Fact]
    public void Cached_tokens_and_audio_that_was_not_cached_may_not_exceed_the_input_together()
    {
        var usage = new TokenUsage { InputTokens = 10, CacheReadTokens = 6, InputAudioTokens = 6 };
        usage.Problems().ShouldHaveSingleItem().Member.ShouldBe("input_tokens");
        (usage with { CacheAudioReadTokens = 2 }).Problems().ShouldBeEmpty();
    }

    [Fact]
    public void Cache_writes_by_lifetime_are_part_of_the_cache_writes() =>
        new TokenUsage { InputTokens = 10, CacheWriteTokens = 5, CacheWrite1hTokens = 3, CacheWrite5mTokens = 3 }
            .Problems().ShouldHaveSingleItem().Member.ShouldBe("cache_write_tokens");
}
