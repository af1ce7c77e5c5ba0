using System.Collections.Immutable;

namespace TokenSense.Pricing;

/// <summary>One thing wrong with a usage.</summary>
/// <param name="Member">The key of the class at fault, <c>cache_read_tokens</c>.</param>
/// <param name="Message">What is wrong, in a sentence.</param>
public sealed record UsageProblem(string Member, string Message);

public sealed partial record TokenUsage
{
    // A class with those that refine it in one trait: what they say excludes each other, so together they fit into it.
    private static readonly (UsageUnit Total, UsageUnit[] Parts)[] Partitions =
    [
        .. from total in UsageUnits.Reported
           from parts in UsageUnits.Reported.GroupBy(total.RefinedBy)
           where parts.Key >= 0
           select (total, parts.ToArray()),
    ];

    /// <summary>Every reason to refuse this usage, at once; empty if there is none.</summary>
    /// <remarks>
    /// A count is negative or over <see cref="CountMax"/>; a subclass exceeds a class that contains it; subclasses that exclude each
    /// other (cached read and written, text and audio) exceed it together; or cached tokens and audio that was not cached do.
    /// </remarks>
    public ImmutableArray<UsageProblem> Problems()
    {
        var problems = ImmutableArray.CreateBuilder<UsageProblem>();
        foreach (var unit in UsageUnits.Reported)
            if (this[unit] is < 0 or > CountMax)
                problems.Add(new(unit.Key, $"{unit.Key} is {this[unit]}; it must be between 0 and {CountMax}."));
        // Sums of counts out of range say nothing.
        if (problems.Count > 0) return problems.ToImmutable();

        foreach (var (total, parts) in Partitions)
        {
            var sum = 0L;
            foreach (var part in parts) sum += this[part];
            if (sum > this[total]) problems.Add(Exceeds(total, [.. parts.Where(p => this[p] > 0)]));
        }

        var (cached, written) = (CacheReadTokens, CacheWriteTokens);
        var uncachedAudio = Math.Max(0, InputAudioTokens - CacheAudioReadTokens - this[UsageClass.CacheAudioWriteTokens]);
        if (problems.Count == 0 && cached + written + uncachedAudio > InputTokens)
            problems.Add(new("input_tokens",
                $"cached tokens ({cached + written}) and uncached audio ({uncachedAudio}) exceed input_tokens ({InputTokens})."));
        return problems.ToImmutable();
    }

    private long this[UsageUnit unit] => this[(UsageClass)unit.Index];

    private UsageProblem Exceeds(UsageUnit total, UsageUnit[] parts) =>
        parts.FirstOrDefault(p => this[p] > this[total]) is { } one
            ? new(one.Key, $"{one.Key} ({this[one]}) exceeds {total.Key} ({this[total]}).")
            : new(total.Key,
                $"{string.Join(" + ", parts.Select(p => p.Key))} ({parts.Sum(p => this[p])}) exceed {total.Key} ({this[total]}).");
}
