using System.Collections.Immutable;

namespace TokenSense.Tools.Demo;

/// <summary>Budgets that a trace runs into: each project's first, then the workspace's, near the end of the trace.</summary>
/// <remarks>
/// The workspace's budget is the projects' together and most of what runs without a project. So it is reached however soon the
/// projects are stopped, and, as the projects' shares are small, not before them however late they are.
/// </remarks>
public sealed record BudgetChoice(decimal WorkspaceUsd, ImmutableArray<decimal?> LanesUsd)
{
    private const decimal UnassignedShare = 0.92m;
    private const decimal BudgetUsdMin = 0.01m;

    /// <param name="costsUsd">What each call of the trace would cost in its lane.</param>
    public static BudgetChoice Of(IReadOnlyList<decimal> costsUsd)
    {
        var totals = new decimal[Lane.All.Length];
        foreach (var (call, cost) in costsUsd.Index()) totals[Lane.Of(call)] += cost;
        ImmutableArray<decimal?> lanes = [.. Lane.All.Select((lane, i) => lane.BudgetShare is { } share ? WholeCents(totals[i] * share) : (decimal?)null)];
        var unassigned = Lane.All.Index().Where(lane => !lane.Item.IsProject).Sum(lane => totals[lane.Index]);
        return new(WholeCents(lanes.Sum(budget => budget ?? 0) + unassigned * UnassignedShare), lanes);
    }

    // Downwards, so that rounding puts no budget out of reach.
    private static decimal WholeCents(decimal usd) => Math.Max(BudgetUsdMin, Math.Round(usd, 2, MidpointRounding.ToZero));
}
