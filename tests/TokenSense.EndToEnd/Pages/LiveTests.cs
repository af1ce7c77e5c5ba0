using System.Diagnostics;
using Microsoft.Playwright;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Pages;

/// <summary>An open page shows what happens, whoever did it, and comes back by itself from whatever cut it off.</summary>
[Collection(nameof(SharedStack))]
public sealed class LiveTests(SharedStack shared, Browser browser, ITestOutputHelper output) : IClassFixture<Browser>
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task What_one_browser_changes_another_shows_within_a_second_without_reload()
    {
        var workspace = await Workspace.New(_stack);
        await using var one = await browser.Owner(_stack);
        using var viewer = await Somebody.Join(workspace, "viewer");
        await using var other = await browser.SignedIn(_stack.Dashboard.Url, viewer.Email, Somebody.Password);
        await other.Go($"/w/{workspace.Slug}");
        await Visitor.Mark(other.Page);
        await one.Go($"/w/{workspace.Slug}/settings/general");

        var took = new List<double>();
        foreach (var usd in new[] { "101", "102", "103" })
        {
            await one.Page.GetByLabel("Budget per month (USD)").FillAsync(usd);
            await one.Page.GetByLabel("Budget per month (USD)").BlurAsync();
            var watch = Stopwatch.StartNew();
            await one.Page.GetByRole(AriaRole.Button, new() { NameRegex = new("^(Set|Save) budget$") }).ClickAsync();
            // Looked for more often than an assertion would.
            await other.Page.WaitForFunctionAsync("usd => document.querySelector('.figures')?.textContent.includes(usd)", $"${usd}.00", new() { PollingInterval = 20 });
            took.Add(watch.Elapsed.TotalMilliseconds);
        }
        output.WriteLine($"From the click to the other's page: {string.Join(", ", took.Select(ms => $"{ms:0} ms"))}.");
        took.Order().ElementAt(1).ShouldBeLessThan(1_000);
        (await Visitor.IsMarked(other.Page)).ShouldBeTrue("The page was loaded anew.");
    }

    [Fact]
    public async Task Calls_without_a_price_rejected_lines_a_keys_use_an_invitation_a_channel_and_a_budget_show_on_open_pages_too()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        await using var owner = await browser.Owner(_stack);
        async Task<IPage> Open(string path)
        {
            var page = await owner.Context.NewPageAsync();
            await page.GotoAsync($"/w/{workspace.Slug}/{path}");
            await owner.Ready(page);
            await Visitor.Mark(page);
            return page;
        }

        var (keys, audit) = (await Open("settings/keys"), await Open("audit"));
        await Assertions.Expect(keys.Locator("table.rows")).ToContainTextAsync("Not yet");
        var (members, channels) = (await Open("settings/members"), await Open("settings/channels"));
        await workspace.Post("members", new { email = "ida@example.org", role = "viewer" });
        await Assertions.Expect(members.Locator("table.rows")).ToContainTextAsync("ida@example.org");
        await workspace.Post("channels", new { type = "email", name = "Finance", address = "finance@example.org" });
        await Assertions.Expect(channels.Locator("table.rows")).ToContainTextAsync("Finance");
        await workspace.SetBudget(5);
        await Assertions.Expect(audit.Locator("ol.log")).ToContainTextAsync("Budget set");

        // The first of each raises an alert; whatever that makes pages read is over before the second comes.
        await Unpriced("first");
        await Rejected("first");
        await Until.Seen(() => workspace.Get("alerts?status=open"), a => a["data"]!.AsArray().Count == 2, "the alerts");
        var (totals, prices, kept) = (await Open("usage"), await Open("settings/prices"), await Open("usage?view=kept"));
        await Assertions.Expect(totals.Locator(".notice")).ToContainTextAsync("1 request");
        await Unpriced("second");
        await Rejected("second");
        await Assertions.Expect(totals.Locator(".notice")).ToContainTextAsync("2 requests");
        await Assertions.Expect(prices.Locator("[aria-labelledby=unpriced-head] td[data-label=Calls]")).ToHaveTextAsync("2");
        await Assertions.Expect(kept.Locator("[aria-labelledby=rejected-head] .item")).ToHaveCountAsync(2);
        await Assertions.Expect(keys.Locator("table.rows")).Not.ToContainTextAsync("Not yet");
        foreach (var page in new[] { keys, audit, members, channels, totals, prices, kept }) (await Visitor.IsMarked(page)).ShouldBeTrue($"{page.Url} was loaded anew.");

        async Task Unpriced(string id)
        {
            var line = Reports.Line(id, key);
            line["model"] = "nobody-knows-1";
            await Reports.Http(_stack, line);
        }

        Task Rejected(string id)
        {
            var line = Reports.Line($"late-{id}", key);
            line["time"] = DateTimeOffset.UtcNow.AddDays(-100).ToString("o");
            return Reports.Publish(_stack, [line]);
        }
    }

    [Fact]
    public async Task A_console_that_is_killed_takes_nobody_out_and_its_pages_come_back_with_what_changed_meanwhile()
    {
        var workspace = await Workspace.New(_stack);
        using var direct = await Somebody.SignIn(_stack, Stack.OwnerEmail, Stack.OwnerPassword, _stack.Budgets.Url);
        await using var visitor = await browser.Owner(_stack);
        await visitor.Go($"/w/{workspace.Slug}");

        await _stack.Dashboard.Kill();
        await Assertions.Expect(visitor.Page.Locator("#components-reconnect-modal")).ToBeVisibleAsync();
        (await direct.Send(HttpMethod.Put, $"workspaces/{workspace.Id}/budget", new { amount_usd = 321 })).EnsureSuccessStatusCode();
        _stack.Dashboard.Launch();
        await _stack.Dashboard.UntilHealthy();
        var watch = Stopwatch.StartNew();
        await Assertions.Expect(visitor.Page.Locator(".figures")).ToContainTextAsync("of $321.00");
        output.WriteLine($"Back {watch.Elapsed.TotalSeconds:0.0} s after the console was.");
        visitor.Path.ShouldBe($"/w/{workspace.Slug}");
    }

    [Fact]
    public async Task A_line_that_is_cut_for_a_moment_loses_nothing_that_was_typed_or_that_happened()
    {
        var workspace = await Workspace.New(_stack);
        await using var line = new CutLine(new Uri(_stack.Dashboard.Url).Port);
        await using var visitor = await browser.SignedIn(line.Url, Stack.OwnerEmail, Stack.OwnerPassword);
        await visitor.Go($"/w/{workspace.Slug}/settings/projects");
        await Visitor.Mark(visitor.Page);
        await visitor.Button("New Project").First.ClickAsync();
        await visitor.Dialog.GetByLabel("Name").FillAsync("Half typed");

        line.Cut();
        await Assertions.Expect(visitor.Page.Locator("#components-reconnect-modal")).ToBeVisibleAsync();
        await workspace.Project("Made meanwhile");
        line.Mend();
        await Assertions.Expect(visitor.Page.Locator("#components-reconnect-modal")).ToBeHiddenAsync();
        await Assertions.Expect(visitor.Page.Locator("table.rows")).ToContainTextAsync("Made meanwhile");
        (await visitor.Dialog.GetByLabel("Name").InputValueAsync()).ShouldBe("Half typed");
        (await Visitor.IsMarked(visitor.Page)).ShouldBeTrue("The page was loaded anew.");
    }

    [Fact]
    public async Task A_session_that_was_ended_elsewhere_leads_to_the_sign_in_and_back()
    {
        var workspace = await Workspace.New(_stack);
        using var person = await Somebody.Join(workspace, "viewer");
        await using var visitor = await browser.SignedIn(_stack.Dashboard.Url, person.Email, Somebody.Password);
        await visitor.Go($"/w/{workspace.Slug}");
        var others = (await person.Get("auth/sessions"))["data"]!.AsArray().Where(s => !(bool)s!["current"]!).ToList();
        foreach (var session in others) (await person.Send(HttpMethod.Delete, $"auth/sessions/{session!["id"]}")).EnsureSuccessStatusCode();

        // The next thing that happens is read in the name of nobody.
        await Until.Seen(async () =>
        {
            await workspace.SetBudget(Random.Shared.Next(1, 1_000));
            return visitor.Path;
        }, path => path.StartsWith("/sign-in", StringComparison.Ordinal), "the sign-in");
        await Assertions.Expect(visitor.Heading).ToHaveTextAsync("Sign in");
        await visitor.SignIn(person.Email, Somebody.Password);
        await visitor.Page.WaitForURLAsync($"**/w/{workspace.Slug}");
        await visitor.Ready();
    }
}
