using Shouldly;
using TokenSense.Dashboard.Client;
using TokenSense.Dashboard.Pages.Shared;
using Xunit;

namespace TokenSense.Specs.Dashboard;

/// <summary>The chart of a month: its bands sum to what was spent, however many projects there are.</summary>
public sealed class DailySpendSpecs
{
    private static readonly DateOnly First = new(2026, 11, 1), Last = new(2026, 11, 3);

    [Fact]
    public void Each_project_has_its_band_on_its_days_and_days_without_spend_are_there()
    {
        var (a, b) = (Guid.NewGuid(), Guid.NewGuid());
        var spend = DailySpend.Of([Row(First, a, 1.25m), Row(Last, a, 2m), Row(Last, b, 5m), Row(Last, null, 0.5m)], Names(a, b), First, Last);
        spend.Days.ShouldBe([First, new(2026, 11, 2), Last]);
        spend.Bands.Select(x => (x.Name, x.Total)).ShouldBe([("B", 5m), ("A", 3.25m), ("Unassigned", 0.5m)]);
        spend.Bands[1].ByDay.ShouldBe([1.25m, 0m, 2m]);
    }

    [Fact]
    public void Of_many_projects_those_that_cost_least_are_one_band_and_the_sum_is_the_same()
    {
        var ids = Enumerable.Range(0, 30).Select(_ => Guid.NewGuid()).ToList();
        var rows = ids.Select((id, i) => Row(First, id, i + 1)).ToList();
        var spend = DailySpend.Of(rows, ids.ToDictionary(id => id, id => ($"{id}", "#112233")), First, Last);
        spend.Bands.Count.ShouldBe(DailySpend.BandsMax);
        spend.Bands[^1].Name.ShouldBe("23 others");
        spend.Bands.Sum(b => b.Total).ShouldBe(rows.Sum(r => r.CostUsd));
    }

    [Fact]
    public void What_the_days_have_beyond_the_bands_is_the_others()
    {
        var a = Guid.NewGuid();
        var spend = DailySpend.Of([Row(First, a, 4m), Row(Last, a, 1m)], Names(a), First, Last)
            .WithOthers([Row(First, null, 10m), Row(new(2026, 11, 2), null, 3m), Row(Last, null, 1m)], 992);
        spend.Bands.Select(b => b.Name).ShouldBe(["A", "992 others"]);
        spend.Bands[1].ByDay.ShouldBe([6m, 3m, 0m]);
    }

    [Fact]
    public async Task Of_a_thousand_projects_the_days_of_seven_are_read_and_those_of_all()
    {
        var spenders = Enumerable.Range(0, 1_000).Select(i => ((Guid?)Guid.NewGuid(), $"P{i}", "#112233")).ToList();
        var asked = new List<string?>();
        var spend = await DailySpend.Read(spenders, of =>
        {
            asked.Add(of);
            return Task.FromResult<IReadOnlyList<UsageRow>>([Row(First, null, of is null ? 50m : 2m)]);
        }, First, Last);
        asked.ShouldBe([null, .. spenders.Take(7).Select(s => s.Item1.ToString())], ignoreOrder: true);
        spend.Bands.Select(b => (b.Name, b.Total)).ShouldBe([.. Enumerable.Range(0, 7).Select(i => ($"P{i}", 2m)), ("993 others", 36m)], ignoreOrder: true);
    }

    [Fact]
    public async Task Of_few_projects_each_is_read_and_unassigned_by_its_name()
    {
        var asked = new List<string?>();
        var spend = await DailySpend.Read([(null, "Unassigned", "#8b95a7")], of =>
        {
            asked.Add(of);
            return Task.FromResult<IReadOnlyList<UsageRow>>([Row(Last, null, 3m)]);
        }, First, Last);
        asked.ShouldBe(["unassigned"]);
        spend.Bands.Select(b => (b.Name, b.Total)).ShouldBe([("Unassigned", 3m)]);
    }

    private static Dictionary<Guid, (string, string)> Names(params Guid[] ids) => ids.Select((id, i) => (id, i)).ToDictionary(x => x.id, x => ($"{(char)('A' + x.i)}", "#112233"));

    private static UsageRow Row(DateOnly day, Guid? project, decimal usd) => new(day, project, null, null, 1, 10, 10, usd, 0);
}
