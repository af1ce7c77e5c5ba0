using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.Contracts;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Api;

/// <summary>Totals are the same however they are grouped: those of projects' days come from sums of their own.</summary>
[Collection(nameof(SharedStack))]
public sealed class UsageTotalsTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task Every_grouping_sums_to_the_same_to_the_last_digit()
    {
        var workspace = await Workspace.New(_stack);
        var (a, b) = (await workspace.Project("A"), await workspace.Project("B"));
        Workspace.Key[] keys = [await workspace.NewKey(a), await workspace.NewKey(a), await workspace.NewKey(b), await workspace.NewKey()];
        var now = DateTimeOffset.UtcNow;
        var lines = Enumerable.Range(0, 120).Select(i =>
        {
            var line = Reports.Line($"t-{i}", keys[i % 4], 100 + i, 7 * i);
            line["time"] = now.AddMinutes(-i * 25).ToString("o");
            if (i % 5 == 0) line["model"] = "gpt-4o-mini";
            if (i % 11 == 0) line["model"] = "no-such-model";
            return line;
        }).ToList();
        // In several messages, and one of them twice.
        foreach (var some in lines.Chunk(50)) await Reports.Publish(_stack, some);
        await Reports.Publish(_stack, lines[..50]);
        await Until.Seen(async () => Sum(await Grouped(workspace, "model")).Requests, r => r == 120, "all lines");
        await Queues.Empty(_stack, "metering-usage-reported");

        var fine = await Grouped(workspace, "day,project,key,model");
        foreach (var by in new[] { "day", "project", "day,project", "key", "model", "project,model" }) Sum(await Grouped(workspace, by)).ShouldBe(Sum(fine), by);
        // Each of its rows, too, and of one project alone.
        By(await Grouped(workspace, "day,project"), "day", "project_id").ShouldBe(By(fine, "day", "project_id"));
        By(await Grouped(workspace, "day", $"&project={a}"), "day").ShouldBe(By(fine.Where(r => (string?)r["project_id"] == a.ToString()), "day"));
        By(await Grouped(workspace, "day", "&project=unassigned"), "day").ShouldBe(By(fine.Where(r => r["project_id"] is null), "day"));
    }

    [Fact]
    public async Task A_range_takes_whole_days_of_the_workspace_with_its_first_and_its_last_also_where_times_are_given()
    {
        const string zone = "Pacific/Auckland";
        var workspace = await Workspace.New(_stack, zone);
        var key = await workspace.NewKey(await workspace.Project("A"));
        var calendar = new PeriodCalendar([new(null, zone)]);
        var midnight = calendar.StartsAt(calendar.PeriodOf(DateTimeOffset.UtcNow.AddDays(-31)));
        var (last, first) = (calendar.DayOf(midnight.AddTicks(-1)), calendar.DayOf(midnight));
        (last.Month, first.Day).ShouldBe((first.AddMonths(-1).Month, 1));
        await Reports.Http(_stack, new[] { At("last", -1), At("first", 0), At("evening", 22), At("next", 27) });

        string Time(double hours) => Uri.EscapeDataString(midnight.AddHours(hours).ToOffset(TimeSpan.FromHours(hours)).ToString("o"));
        foreach (var (range, requests) in new[]
        {
            ("", 4), ($"&from={first:yyyy-MM-dd}", 3), ($"&to={first:yyyy-MM-dd}", 3), ($"&from={first:yyyy-MM-dd}&to={first:yyyy-MM-dd}", 2),
            ($"&to={last:yyyy-MM-dd}", 1), ($"&from={last:yyyy-MM-dd}&to={last:yyyy-MM-dd}", 1),
            ($"&from={Time(0)}", 3), ($"&from={Time(-1)}", 4), ($"&from={Time(5)}", 3), ($"&to={Time(0)}", 1), ($"&to={Time(1)}", 3), ($"&from={Time(0)}&to={Time(0)}", 0),
            ($"&from={first:yyyy-MM-dd}&to={Time(3)}", 2), ("&from=0001-01-01T00:00:00Z&to=9999-12-31T00:00:00Z", 4),
        })
            foreach (var by in new[] { "day", "key" }) Sum(await Grouped(workspace, by, range)).Requests.ShouldBe(requests, $"{by}{range}");

        var wrong = await workspace.Raw(HttpMethod.Get, "usage?group_by=day&from=yesterday&to=2026-11-01T00:00:00");
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        JsonNode.Parse(await wrong.Content.ReadAsStringAsync())!["errors"]!.AsObject().Select(e => e.Key).Order().ShouldBe(["from", "to"]);

        JsonObject At(string id, double hours)
        {
            var line = Reports.Line(id, key);
            line["time"] = midnight.AddHours(hours).ToString("o");
            return line;
        }
    }

    [Fact]
    public async Task Spend_may_be_read_without_its_keys()
    {
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("A");
        var key = await workspace.NewKey(project);
        await Reports.Publish(_stack, [Reports.Line("k", key)]);
        await workspace.UntilSpent(Reports.Cost(1_000, 100));
        var (with, without) = (await workspace.Get("spend"), await workspace.Get("spend?keys=false"));
        with["keys"]!.AsArray().Count.ShouldBe(1);
        without["keys"]!.AsArray().ShouldBeEmpty();
        without["projects"]!.ToJsonString().ShouldBe(with["projects"]!.ToJsonString());
        JsonSerializer.Deserialize<decimal>(without["workspace"]!["spent_usd"]!.ToJsonString()).ShouldBe(Reports.Cost(1_000, 100));
    }

    private static async Task<IReadOnlyList<JsonNode>> Grouped(Workspace workspace, string by, string more = "") =>
        [.. (await workspace.Get($"usage?group_by={by}{more}"))["data"]!.AsArray().Select(r => r!)];

    private static (long Requests, long Input, long Output, decimal Cost, long Unpriced) Sum(IEnumerable<JsonNode> rows)
    {
        var all = rows.ToList();
        return (all.Sum(r => (long)r["requests"]!), all.Sum(r => (long)r["input_tokens"]!), all.Sum(r => (long)r["output_tokens"]!), all.Sum(Cost), all.Sum(r => (long)r["unpriced"]!));
    }

    private static Dictionary<string, (long, long, long, decimal, long)> By(IEnumerable<JsonNode> rows, params string[] names) =>
        rows.GroupBy(r => string.Join(' ', names.Select(n => (string?)r[n] ?? "none"))).OrderBy(g => g.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => Sum(g));

    // From the text, not through a double.
    private static decimal Cost(JsonNode row) => JsonSerializer.Deserialize<decimal>(row["cost_usd"]!.ToJsonString());
}
