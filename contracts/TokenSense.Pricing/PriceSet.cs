using System.Collections.Immutable;

namespace TokenSense.Pricing;

/// <summary>The rates that count together, and how a usage falls into their classes.</summary>
/// <remarks>
/// A class without a rate is charged in the nearest class that contains it and has one: cached input as input, reasoning as output.
/// The disjoint count of a class is its count less the disjoint counts of all rated classes inside it (genai-prices' decomposition).
/// </remarks>
public sealed class PriceSet
{
    private static readonly string[] Measures = ["tokens", "durations", "document_pages", "messages", "characters", "pixels"];
    // A bit for each measure of a call's content, 0 for tool calls and the like.
    private static readonly int[] MeasureOf =
        [.. UsageUnits.All.Select(u => Array.IndexOf(Measures, u.Family) is >= 0 and var m ? 1 << m : 0)];

    private readonly Rated[] rated;
    private readonly bool[] covered;

    private PriceSet(ImmutableSortedDictionary<string, PriceRate> rates, Rated[] rated)
    {
        (Rates, this.rated) = (rates, rated);
        covered = [.. UsageUnits.All.Select(u => rated.Any(r => r.Unit == u || r.Unit.Contains(u)))];
    }

    /// <summary>Rates by the book's field, <c>cache_read_mtok</c>. A rate of 0 is free; a class without any rate is not priced.</summary>
    public ImmutableSortedDictionary<string, PriceRate> Rates { get; }

    /// <summary>Rates by the class that they charge, <c>cache_read_tokens</c>, as a usage names it: input, output, then what is paid apart.</summary>
    public IEnumerable<(string Class, PriceRate Rate)> ByClass => rated.OrderBy(r => r.Unit.Index).Select(r => (r.Unit.Key, r.Rate));

    // Most specific first, so that what a class contains is known when its own count is due.
    internal static PriceSet Of(ImmutableSortedDictionary<string, PriceRate> rates)
    {
        UsageUnit[] units =
            [.. rates.Keys.Select(f => UsageUnits.ByPriceField[f]).OrderByDescending(u => u.Specificity).ThenByDescending(u => u.Index)];
        foreach (var unit in units)
            foreach (var container in UsageUnits.Within[unit.Index].Select(i => UsageUnits.All[i]))
                if (!units.Contains(container))
                    throw new FormatException($"{unit.PriceField} needs {container.PriceField}, whose class contains it.");
        foreach (var (a, b) in units.SelectMany(a => units.Select(b => (a, b))))
            if (a.Overlap(b) is { } overlap && !units.Contains(overlap))
                throw new FormatException($"{a.PriceField} and {b.PriceField} need {overlap.PriceField} for what is both.");

        var rated = units.Select(u => new Rated(u, rates[u.PriceField],
            [.. units.Index().Where(inner => u.Contains(inner.Item)).Select(inner => inner.Index)])).ToArray();
        return new(rates, rated);
    }

    // With the other's rates of what is paid beside the call's content, a search or the request itself: without one no such call has a price.
    internal PriceSet Over(PriceSet other)
    {
        var more = other.rated.Where(r => MeasureOf[r.Unit.Index] == 0 && !Rates.ContainsKey(r.Unit.PriceField)).ToList();
        return more.Count == 0 ? this : Of(Rates.AddRange(more.Select(r => KeyValuePair.Create(r.Unit.PriceField, r.Rate))));
    }

    // The lines, or why there are none.
    internal (ImmutableArray<PriceLine> Lines, UnpricedReason? Reason, string? Class) Charge(TokenUsage usage)
    {
        if (Unpriced(usage) is { } unpriced) return ([], unpriced.Reason, unpriced.Class);

        Span<long> disjoint = stackalloc long[rated.Length];
        for (var i = 0; i < rated.Length; i++)
        {
            var rest = usage[(UsageClass)rated[i].Unit.Index];
            foreach (var inner in rated[i].Inner) rest -= disjoint[inner];
            if (rest < 0) return ([], UnpricedReason.ContradictoryUsage, rated[i].Unit.Key);
            disjoint[i] = rest;
        }

        var lines = ImmutableArray.CreateBuilder<PriceLine>(disjoint.Length - disjoint.Count(0));
        for (var i = rated.Length - 1; i >= 0; i--)
            if (disjoint[i] > 0)
                lines.Add(PriceLine.Of(rated[i].Unit.Key, disjoint[i], rated[i].Rate.UsdFor(usage.InputTokens), rated[i].Rate.UnitsPerPrice));
        return (lines.MoveToImmutable(), null, null);
    }

    // A call is measured in tokens, seconds or pages: one measure that has a rate pays for what the others measure again. What a
    // tool did is paid apart.
    private (UnpricedReason Reason, string Class)? Unpriced(TokenUsage usage)
    {
        var counts = usage.AsSpan();
        var (unrated, unratedMeasures, paidMeasures) = (-1, 0, 0);
        for (var i = 0; i < counts.Length; i++)
        {
            if (counts[i] == 0) continue;
            if (counts[i] is < 0 or > TokenUsage.CountMax) return (UnpricedReason.ContradictoryUsage, UsageUnits.All[i].Key);
            if (covered[i])
                paidMeasures |= MeasureOf[i];
            else if (MeasureOf[i] == 0)
                return (UnpricedReason.NoPriceForClass, UsageUnits.All[i].Key);
            else
                (unrated, unratedMeasures) = (unrated < 0 ? i : unrated, unratedMeasures | MeasureOf[i]);
        }
        return unrated < 0 || (paidMeasures & ~unratedMeasures) != 0
            ? null
            : (UnpricedReason.NoPriceForClass, UsageUnits.All[unrated].Key);
    }

    private sealed record Rated(UsageUnit Unit, PriceRate Rate, int[] Inner);
}
