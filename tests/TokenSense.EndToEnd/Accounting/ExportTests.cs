using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;
using static TokenSense.EndToEnd.Accounting.ExportedFile;

namespace TokenSense.EndToEnd.Accounting;

/// <summary>A month's file is the month's spend, to the last digit, and its cents are those of the rounded total.</summary>
[Collection(nameof(SharedStack))]
public sealed class ExportTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    [Theory]
    [InlineData("csv", "project_id", "cost_usd", "amount_usd")]
    [InlineData("json", "project_id", "cost_usd", "amount_usd")]
    [InlineData("focus", "SubAccountId", "BilledCost", "x_AmountUsd")]
    public async Task Every_file_sums_to_the_spend_and_its_cents_to_the_rounded_total(string format, string projectId, string cost, string amount)
    {
        var (workspace, client, archived, _) = await Prepared();
        var spend = await workspace.SpendNow();
        var names = new HashSet<string>();
        foreach (var grain in new[] { "model", "key", "day" })
        {
            var file = await ExportedFile.Get(workspace, $"format={format}&grain={grain}");
            file.Sum(cost).ShouldBe(spend.Workspace);
            file.Sum(amount).ShouldBe(HalfUp(spend.Workspace));
            file.Rows.ShouldAllBe(r => Money(r[amount]!) == decimal.Round(Money(r[amount]!), 2));
            foreach (var project in new[] { client, archived })
                file.Rows.Where(r => r[projectId] == project.ToString()).Sum(r => Money(r[cost]!)).ShouldBe(spend.Project(project));
            file.Rows.Where(r => r[projectId] is null).Sum(r => Money(r[cost]!)).ShouldBe(spend.Unassigned);
            names.Add(file.Name);
        }
        // Each is of the same moment, so they name the same.
        var name = names.ShouldHaveSingleItem();
        var period = DateTime.UtcNow.ToString("yyyy-MM", CultureInfo.InvariantCulture);
        name.ShouldMatch($@"^tokensense-{workspace.Slug}-{period}-open-r1-[0-9a-f]{{12}}{(format == "json" ? @"\.json" : format == "focus" ? @"-focus-1\.2\.csv" : @"\.csv")}$");
    }

    [Fact]
    public async Task A_projects_file_is_rounded_for_itself_and_carries_the_checksum_of_the_whole_month()
    {
        var (workspace, client, archived, key) = await Prepared();
        var spend = await workspace.SpendNow();
        var (all, one) = (await ExportedFile.Get(workspace, "format=json"), await ExportedFile.Get(workspace, "format=json&project=client"));
        (one.Sum("cost_usd"), one.Sum("amount_usd")).ShouldBe((spend.Project(client), HalfUp(spend.Project(client))));
        one.Envelope!.Value.GetProperty("total_cost_usd").GetDecimal().ShouldBe(spend.Project(client));
        one.Envelope!.Value.GetProperty("checksum").GetString().ShouldBe(all.Envelope!.Value.GetProperty("checksum").GetString());
        one.Name.ShouldContain("-client-open-r1-");
        (await ExportedFile.Get(workspace, $"project={archived}")).Rows.ShouldAllBe(r => r["project"] == "Gone" && r["project_archived"] == "true");
        var unassigned = await ExportedFile.Get(workspace, "project=unassigned");
        unassigned.Rows.ShouldAllBe(r => r["project"] == "Unassigned" && r["project_id"] == null);
        unassigned.Sum("cost_usd").ShouldBe(spend.Unassigned);

        // What is told twice is no news; what is new is one.
        await Reports.Http(_stack, Reports.Line("more", key));
        await Reports.Http(_stack, Reports.Line("more", key));
        var after = await ExportedFile.Get(workspace, "format=json");
        (after.Envelope!.Value.GetProperty("revision").GetInt64(), all.Envelope!.Value.GetProperty("revision").GetInt64()).ShouldBe((2, 1));
        after.Envelope!.Value.GetProperty("checksum").GetString().ShouldNotBe(all.Envelope!.Value.GetProperty("checksum").GetString());
        after.Envelope!.Value.GetProperty("cost_basis").GetString().ShouldBe("list_price_estimate_excl_tax");
    }

    [Fact]
    public async Task Cents_go_to_the_largest_remainders()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        var random = new Random(7);
        var costs = Enumerable.Range(0, 400).Select(n => n < 40 ? 0.005m : random.NextInt64(0, 3_000_000_000_000) / 1_000_000_000_000m).ToList();
        await Reports.Http(_stack, costs.Select((usd, n) => Costing($"{n}", key, $"model-{n:000}", usd)).ToList());
        await workspace.UntilSpent(costs.Sum());
        var file = await ExportedFile.Get(workspace, "format=csv");
        var rows = file.Rows.Select(r => (Cost: Money(r["cost_usd"]!), Cents: Money(r["amount_usd"]!) * 100)).ToList();
        rows.Select(r => r.Cost).Order().ShouldBe(costs.Order());
        rows.Sum(r => r.Cents).ShouldBe(HalfUp(costs.Sum()) * 100);
        rows.ShouldAllBe(r => r.Cents == decimal.Floor(r.Cost * 100) || r.Cents == decimal.Floor(r.Cost * 100) + 1);
        decimal Remainder((decimal Cost, decimal Cents) row) => row.Cost * 100 - decimal.Floor(row.Cost * 100);
        var (given, kept) = (rows.Where(r => r.Cents > r.Cost * 100).ToList(), rows.Where(r => r.Cents <= r.Cost * 100).ToList());
        given.Min(Remainder).ShouldBeGreaterThanOrEqualTo(kept.Max(Remainder));
        (await ExportedFile.Get(workspace, "format=csv")).Bytes.ShouldBe(file.Bytes);
    }

    [Fact]
    public async Task A_name_that_looks_like_a_formula_is_text_and_a_number_stays_one()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey(await workspace.Project("=HYPERLINK(\"http://x\",\"y\")"));
        await Reports.Http(_stack, new[] { Costing("a", key, "-model, with \"quotes\"", 0.000000000001m) });
        await workspace.UntilSpent(0.000000000001m);
        var csv = await ExportedFile.Get(workspace, "format=csv&grain=key");
        var row = csv.Rows.ShouldHaveSingleItem();
        (row["project"], row["model"]).ShouldBe(("'=HYPERLINK(\"http://x\",\"y\")", "'-model, with \"quotes\""));
        (row["cost_usd"], row["amount_usd"], row["unpriced_requests"]).ShouldBe(("0.000000000001", "0.00", "0"));
        csv.Bytes[..7].ShouldBe("period,"u8.ToArray());
        csv.ContentType.ShouldBe("text/csv; charset=utf-8");
        // JSON needs no such guard.
        (await ExportedFile.Get(workspace, "format=json")).Rows.Single()["project"].ShouldBe("=HYPERLINK(\"http://x\",\"y\")");
        (await ExportedFile.Get(workspace, "format=focus")).Rows.Single()["SubAccountName"].ShouldBe("'=HYPERLINK(\"http://x\",\"y\")");
    }

    [Fact]
    public async Task Everything_wrong_is_said_at_once_and_an_unknown_project_is_not_found()
    {
        var workspace = await Workspace.New(_stack);
        var response = await workspace.Raw(HttpMethod.Get, "export?period=2026-13&format=xlsx&grain=hour&project=nobody");
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        JsonNode.Parse(await response.Content.ReadAsStringAsync())!["errors"]!.AsObject().Select(e => e.Key).ShouldBe(["period", "format", "grain"], ignoreOrder: true);
        (await workspace.Raw(HttpMethod.Get, "export?project=nobody")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        // A month without usage is a file without rows.
        var empty = await ExportedFile.Get(workspace, "period=2020-01&format=json");
        (empty.Rows.Count, empty.Envelope!.Value.GetProperty("total_amount_usd").GetRawText(), empty.Envelope!.Value.GetProperty("revision").GetInt64()).ShouldBe((0, "0.00", 0));
    }

    /// <summary>Two projects, one of them archived since, and usage without one; odd cents, and a model without a price. One event.</summary>
    private async Task<(Workspace Workspace, Guid Client, Guid Archived, Workspace.Key Key)> Prepared()
    {
        var workspace = await Workspace.New(_stack);
        var (client, archived) = (await workspace.Project("Client"), await workspace.Project("Gone"));
        var (one, two, free) = (await workspace.NewKey(client), await workspace.NewKey(archived), await workspace.NewKey());
        var unpriced = Reports.Line("unpriced", one);
        unpriced["model"] = "no-such-model";
        JsonObject[] lines =
        [
            Costing("a", one, "odd", 0.333333333333m), Costing("b", two, "odd", 1.005m), Costing("c", free, "odd", 0.004999999999m),
            Reports.Line("d", one, input: 12_345), Reports.Line("e", two, input: 7), Reports.Line("f", free), unpriced,
        ];
        await Reports.Http(_stack, lines);
        await workspace.UntilSpent(0.333333333333m + 1.005m + 0.004999999999m + Reports.Cost(12_345, 100) + Reports.Cost(7, 100) + Reports.Cost(1_000, 100));
        await workspace.Post($"projects/{archived}/archive", new { });
        await Until.Seen(() => ExportedFile.Get(workspace, $"project={archived}"), f => f.Rows.All(r => r["project_archived"] == "true"), "the archived project in Metering");
        return (workspace, client, archived, one);
    }

    /// <summary>A call of a model that no price book knows, with the cost that its gateway gave.</summary>
    private static JsonObject Costing(string id, Workspace.Key key, string model, decimal usd)
    {
        var line = Reports.Line(id, key);
        (line["model"], line["costUsd"]) = (model, usd);
        return line;
    }

    private static decimal HalfUp(decimal usd) => decimal.Floor(usd * 100 + 0.5m) / 100;
}
