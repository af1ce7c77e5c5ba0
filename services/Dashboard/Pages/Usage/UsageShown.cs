using TokenSense.Dashboard.Client;
using TokenSense.Dashboard.Pages.Shared;

namespace TokenSense.Dashboard.Pages.Usage;

/// <summary>The totals of a range, in the order in which they are shown.</summary>
/// <param name="Daily">For the chart, when they are by day.</param>
public sealed record UsageShown(UsageQuery Query, IReadOnlyList<UsageRow> Rows, UsageRow Sum, DailySpend? Daily, IReadOnlyList<Bars.Bar> Bars)
{
    public static async Task<UsageShown> Read(ApiClient api, WorkspaceModel workspace, UsageQuery query, Names names, CancellationToken ct)
    {
        Task<ListOf<UsageRow>> Grouped(string by, UsageQuery of) =>
            api.Get<ListOf<UsageRow>>($"{workspace.Path}/usage?group_by={by}&{of.Asked(workspace.Today)}", ct);
        var rows = (await Grouped(query.By, query)).Data;
        return new(query, Ordered(query.By, rows), SumOf(rows), query.By == UsageQuery.Day ? await Daily(rows) : null, []);

        async Task<DailySpend> Daily(IReadOnlyList<UsageRow> days)
        {
            var (first, last) = query.Days(workspace.Today);
            var projects = (await Grouped(UsageQuery.ByProject, query)).Data.OrderByDescending(p => p.CostUsd);
            return await DailySpend.Read(
                [.. projects.Select(p => (p.ProjectId, names.Project(p.ProjectId), names.Color(p.ProjectId)))],
                async of => of is null ? days : (await Grouped(UsageQuery.Day, query with { Project = of })).Data, first, last);
        }
    }

    public UsageShown WithBars(Func<UsageRow, string> name, Func<UsageRow, string?> color) =>
        Query.By == UsageQuery.Day ? this : this with { Bars = Usage.Bars.Of(Rows, name, color) };

    /// <summary>Days in their order; else what costs most first.</summary>
    public static IReadOnlyList<UsageRow> Ordered(string by, IReadOnlyList<UsageRow> rows) => by == UsageQuery.Day
        ? [.. rows.OrderByDescending(r => r.Day)]
        : [.. rows.OrderByDescending(r => r.CostUsd).ThenByDescending(r => r.Requests)];

    public static UsageRow SumOf(IReadOnlyList<UsageRow> rows) => new(
        null, null, null, null, rows.Sum(r => r.Requests), rows.Sum(r => r.InputTokens), rows.Sum(r => r.OutputTokens), rows.Sum(r => r.CostUsd), rows.Sum(r => r.Unpriced));
}
