using System.Collections.Immutable;

namespace TokenSense.Tools.Demo;

/// <summary>One scope after a run: what clients got and providers billed beside what the product says.</summary>
/// <param name="Recorded">From the usage that Metering rolled up.</param>
/// <param name="SpentUsd">From Budgets.</param>
/// <param name="Crossings">From the bus: how often each threshold was crossed.</param>
/// <param name="Alerts">From the list of alerts: how often each threshold stands there, delivered.</param>
/// <param name="ExportedUsd">From the month's export.</param>
/// <param name="AmountUsd">The same in cents; null where the file's cents are another scope's too: they add up for a whole file.</param>
public sealed record Outcome(
    string Name, Tally Seen, decimal? BudgetUsd, Recorded Recorded, decimal SpentUsd, IReadOnlyDictionary<int, int> Crossings, IReadOnlyDictionary<int, int> Alerts, decimal ExportedUsd,
    decimal? AmountUsd = null)
{
    private static readonly ImmutableArray<int> Thresholds = [80, 100];

    public long Refused => Seen.Refused.Values.Sum();

    /// <summary>What was served beyond the budget before the first 402 could stop it.</summary>
    public decimal? OvershootUsd => Seen.ServedUsdAtFirstRefusal is null ? null : SpentUsd - BudgetUsd;

    /// <summary>Everything that is not as it must be.</summary>
    public IEnumerable<Difference> Differences()
    {
        foreach (var (outcome, count) in Seen.Failed) yield return Of("requests without an answer or a 402", 0, count, $" × {outcome}");
        foreach (var (what, count) in Seen.Mistakes) yield return Of(what, 0, count);
        if (Seen.Requests != Seen.Allowed + Refused) yield return Of("requests = allowed + 402", Seen.Requests, Seen.Allowed + Refused);
        if (Seen.Allowed != Recorded.Requests) yield return Of("requests recorded", Seen.Allowed, Recorded.Requests);
        if (Seen.InputTokens != Recorded.InputTokens) yield return Of("input tokens recorded", Seen.InputTokens, Recorded.InputTokens);
        if (Seen.OutputTokens != Recorded.OutputTokens) yield return Of("output tokens recorded", Seen.OutputTokens, Recorded.OutputTokens);
        if (Seen.ServedUsd != Recorded.CostUsd) yield return Of("USD recorded", Seen.ServedUsd, Recorded.CostUsd);
        if (Recorded.Unpriced != 0) yield return Of("requests recorded without a price", 0, Recorded.Unpriced);
        if (Seen.ServedUsd != SpentUsd) yield return Of("USD spent", Seen.ServedUsd, SpentUsd);
        if (Seen.ServedUsd != ExportedUsd) yield return Of("USD exported", Seen.ServedUsd, ExportedUsd);
        var cents = Math.Round(Seen.ServedUsd, 2, MidpointRounding.AwayFromZero);
        if (AmountUsd is { } amount && amount != cents) yield return Of("USD exported in cents", cents, amount);
        if (Seen.ServedUsdAtFirstRefusal < BudgetUsd) yield return Of("USD served before the first 402, at least", BudgetUsd.Value, Seen.ServedUsdAtFirstRefusal.Value);
        foreach (var threshold in Crossings.Keys.Union(Thresholds).Order())
        {
            var (expected, found) = (Expects(threshold) ? 1 : 0, Crossings.GetValueOrDefault(threshold));
            if (expected != found) yield return Of($"crossings of {threshold} %", expected, found);
            if (found != Alerts.GetValueOrDefault(threshold)) yield return Of($"alerts of {threshold} %, delivered", found, Alerts.GetValueOrDefault(threshold));
        }
    }

    /// <summary>Whether what was served reached a threshold of the budget.</summary>
    public bool Expects(int threshold) => BudgetUsd is { } budget && Thresholds.Contains(threshold) && Seen.ServedUsd * 100 >= budget * threshold;

    private Difference Of(string what, decimal expected, decimal found, string note = "") => new(Name, what, Figures.Exact(expected), Figures.Exact(found) + note);
}

/// <summary>Rolled-up usage of one scope.</summary>
public sealed record Recorded(long Requests, long InputTokens, long OutputTokens, decimal CostUsd, long Unpriced)
{
    public static readonly Recorded None = new(0, 0, 0, 0, 0);

    public static Recorded operator +(Recorded a, Recorded b) =>
        new(a.Requests + b.Requests, a.InputTokens + b.InputTokens, a.OutputTokens + b.OutputTokens, a.CostUsd + b.CostUsd, a.Unpriced + b.Unpriced);
}
