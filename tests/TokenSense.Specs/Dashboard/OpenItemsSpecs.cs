using Bunit;
using MudBlazor.Services;
using Shouldly;
using TokenSense.Dashboard.Client;
using TokenSense.Dashboard.Pages.Shared;
using Xunit;

namespace TokenSense.Specs.Dashboard;

/// <summary>Which open alerts are shown as things to do, and what a new workspace has to do first.</summary>
public sealed class OpenItemsSpecs : BunitContext
{
    private static readonly DateTimeOffset At = new(2026, 11, 23, 23, 30, 0, TimeSpan.Zero);
    private static readonly Guid A = Guid.NewGuid(), B = Guid.NewGuid();

    public OpenItemsSpecs()
    {
        Services.AddMudServices();
        JSInterop.Mode = JSRuntimeMode.Loose;
    }

    [Fact]
    public void Of_one_budget_the_highest_threshold_is_shown_and_dismissed_with_it_are_the_lower_ones_alone()
    {
        AlertModel warned = Crossed(A, 80), full = Crossed(A, 100), others = Crossed(B, 80), before = Crossed(A, 80, "2026-10"), unpriced = Crossed(A, null);
        IReadOnlyList<AlertModel> open = [full, warned, others, before, unpriced];
        OpenItems.Widest(open).ShouldBe([full, others, before, unpriced]);
        OpenItems.DismissedWith(full, open).ShouldBe([warned, full]);
        OpenItems.DismissedWith(others, open).ShouldBe([others]);
        OpenItems.DismissedWith(unpriced, open).ShouldBe([unpriced]);
    }

    [Fact]
    public void First_steps_are_ticked_as_they_are_done_each_leads_somewhere_and_after_the_first_call_they_are_gone()
    {
        Steps(Spend(0, null), []).FindAll("li").Select(s => s.ClassList.Contains("done")).ShouldBe([false, false, false, false]);
        var some = Steps(Spend(0, 100, "Client A"), [Key(null)]);
        some.FindAll("li").Select(s => s.ClassList.Contains("done")).ShouldBe([true, true, true, false]);
        some.FindAll("a").Select(a => a.GetAttribute("href")).ShouldBe(["/w/acme/settings/projects", "/w/acme/settings/keys", "/w/acme/settings/general", "/w/acme#endpoint-head"]);
        Steps(Spend(0.01m, null), [Key(At)]).Markup.Trim().ShouldBeEmpty();
        // A new month has no spend yet, and is no beginning.
        Steps(Spend(0, null), [Key(At)]).Markup.Trim().ShouldBeEmpty();
    }

    private IRenderedComponent<FirstSteps> Steps(SpendModel spend, KeyModel[] keys) =>
        Render<FirstSteps>(p => p.Add(s => s.Spend, spend).Add(s => s.Keys, keys).AddCascadingValue(new WorkspaceModel(A, "acme", "Acme", "UTC", null, At, "owner")));

    private static SpendModel Spend(decimal usd, decimal? budget, params string[] projects) => new(
        "2026-11", At, At, "UTC", "open", At, Scope("Acme", usd, budget), [.. projects.Select(p => Scope(p, 0, null))], Scope("Unassigned", usd, null), []);

    private static ScopeModel Scope(string name, decimal usd, decimal? budget) => new("workspace", A, name, null, null, usd, budget, null, null, "ok", null, null, At);

    private static KeyModel Key(DateTimeOffset? used) => new(Guid.NewGuid(), "Website", null, "ts_live_ab12", "wxyz", ["call"], null, "active", "user:1", At, null, null, used);

    private static AlertModel Crossed(Guid scope, int? threshold, string period = "2026-11") => new(
        Guid.NewGuid(), "budget_threshold", "It did", "It did.", "Raise it.", null, threshold, "project", scope, "A", period, 10, 10, "block", At, null, "open", null, null, null, []);
}
