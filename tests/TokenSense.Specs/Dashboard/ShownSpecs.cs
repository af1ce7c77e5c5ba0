using System.Globalization;
using Bunit;
using MudBlazor.Services;
using Shouldly;
using TokenSense.Dashboard.Client;
using TokenSense.Dashboard.Pages.Shared;
using Xunit;

namespace TokenSense.Specs.Dashboard;

/// <summary>What people read of figures, states and things to do.</summary>
public sealed class ShownSpecs : BunitContext
{
    private static readonly DateTimeOffset At = new(2026, 11, 23, 23, 30, 0, TimeSpan.Zero);
    private static readonly WorkspaceModel Owned = new(Guid.NewGuid(), "acme", "Acme", "Europe/Berlin", null, At, "owner");

    public ShownSpecs()
    {
        Services.AddMudServices();
        JSInterop.Mode = JSRuntimeMode.Loose;
    }

    [Theory]
    [InlineData("1234.5", "$1,234.50", "1234.5 USD")]
    [InlineData("0.0042", "$0.0042", "0.0042 USD")]
    [InlineData("0.000000123457", "$0.00000012", "0.000000123457 USD")]
    [InlineData("0", "$0.00", "0 USD")]
    [InlineData("-3.005", "−$3.01", "-3.005 USD")]
    [InlineData("999999999999.999999999999", "$1,000,000,000,000.00", "999999999999.999999999999 USD")]
    public void Money_is_rounded_for_reading_and_exact_on_hover(string usd, string shown, string exact)
    {
        var money = Render<Money>(p => p.Add(m => m.Usd, decimal.Parse(usd, CultureInfo.InvariantCulture))).Find("span");
        money.TextContent.ShouldBe(shown);
        money.GetAttribute("title").ShouldBe(exact);
    }

    [Fact]
    public void No_amount_is_a_dash_and_not_zero() => Render<Money>(p => p.Add(m => m.Usd, null)).Find("span").TextContent.ShouldBe("–");

    [Fact]
    public void A_time_is_told_in_the_zone_of_the_workspace()
    {
        var time = Render<Moment>(p => p.Add(m => m.At, At).AddCascadingValue(Owned)).Find("time");
        time.TextContent.ShouldBe("24 Nov 2026, 00:30");
        time.GetAttribute("datetime").ShouldBe("2026-11-23T23:30:00Z");
        time.GetAttribute("title").ShouldBe("2026-11-24 00:30:00 +01:00 (Europe/Berlin)");
    }

    [Theory]
    [InlineData("50", "100", "50", "50%")]
    [InlineData("250", "100", "100", "100%")]
    [InlineData("0", "0", "100", "100%")]
    [InlineData("5", null, "0", "0%")]
    public void A_meter_is_full_at_the_budget_and_never_more_and_a_budget_of_0_is_used_up(string spent, string? budget, string now, string width)
    {
        var (s, b) = (decimal.Parse(spent, CultureInfo.InvariantCulture), budget is null ? (decimal?)null : decimal.Parse(budget, CultureInfo.InvariantCulture));
        var meter = Render<Meter>(p => p.Add(m => m.Scope, Scope(s, b)));
        meter.Find("[role=meter]").GetAttribute("aria-valuenow").ShouldBe(now);
        meter.Find("[role=meter] > span").GetAttribute("style")!.ShouldEndWith(width);
    }

    [Theory]
    [InlineData("exhausted", "block", "Blocked")]
    [InlineData("exhausted", "alert", "Over budget")]
    [InlineData("warning", "block", "Warning")]
    [InlineData("unlimited", null, "No budget")]
    public void A_budget_that_only_alerts_is_not_called_blocked(string status, string? mode, string words) =>
        Render<StatusTag>(p => p.Add(t => t.Scope, Scope(1, 1) with { Status = status, Mode = mode })).Find(".tag").TextContent.ShouldBe(words);

    [Fact]
    public void Nothing_to_do_says_what_would_be_here() =>
        Render<ActionItems>(p => p.Add(i => i.Items, []).AddCascadingValue(Owned)).Markup.ShouldContain("Nothing needs your attention");

    [Theory]
    [InlineData("owner", true)]
    [InlineData("admin", true)]
    [InlineData("member", false)]
    [InlineData("viewer", false)]
    public void Only_who_may_dismiss_is_offered_it(string role, bool isOffered)
    {
        AlertModel? dismissed = null;
        var items = Render<ActionItems>(p => p.Add(i => i.Items, [Crossed]).Add(i => i.Dismissed, item => dismissed = item).AddCascadingValue(Owned with { Role = role }));
        items.Find("h3 a").GetAttribute("href").ShouldBe($"/w/acme/alerts/{Crossed.Id}");
        var buttons = items.FindAll("button").Where(b => b.TextContent.Contains("Dismiss", StringComparison.Ordinal)).ToList();
        buttons.Count.ShouldBe(isOffered ? 1 : 0);
        if (isOffered) buttons[0].Click();
        dismissed.ShouldBe(isOffered ? Crossed : null);
    }

    private static readonly AlertModel Crossed = new(
        Guid.NewGuid(), "budget_threshold", "Project “A” has used 100 % of its budget", "It did.", "Raise it.", null, 100, "project", Guid.NewGuid(), "A", "2026-11", 10, 10, "block",
        At, null, "open", null, null, null, []);

    private static ScopeModel Scope(decimal spent, decimal? budget) => new(
        "project", Guid.NewGuid(), "Client A", "#112233", null, spent, budget, "block", budget is > 0 ? spent * 100 / budget : null, "ok", null, null, At);
}
