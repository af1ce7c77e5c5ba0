using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using CsvHelper;
using Microsoft.Playwright;
using Shouldly;
using TokenSense.EndToEnd.Gateway;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Pages;

/// <summary>What somebody does with TokenSense from the first sign-in to the invoice, with nothing but a browser and calls to the gateway.</summary>
[Collection(nameof(SharedStack))]
public sealed class JourneyTests(SharedStack shared, Browser browser, ITestOutputHelper output) : IClassFixture<Browser>
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task From_a_new_project_over_a_warning_and_a_block_to_the_invoice_with_pages_that_are_never_reloaded()
    {
        var workspace = await Workspace.New(_stack);
        await using var owner = await browser.Visit(_stack.Dashboard.Url);
        await Begin(owner, workspace);
        var secret = await MakeProjectAndKey(owner, workspace, "Client A", budget: null);
        await owner.Go($"/w/{workspace.Slug}/settings/projects");
        await owner.Choose("Client A", "Set budget");
        await owner.Dialog.GetByLabel("Budget per month (USD)").FillAsync("1");
        await owner.InDialog("Set budget").ClickAsync();
        await owner.Page.GetByText("Budget saved.").WaitForAsync();

        // Home stays open in a tab of its own.
        var home = await owner.Context.NewPageAsync();
        await home.GotoAsync($"/w/{workspace.Slug}");
        await owner.Ready(home);
        await Visitor.Mark(home);
        var items = home.Locator("[aria-labelledby=items-head] .item");
        (await items.CountAsync()).ShouldBe(0);

        await UntilAllowed(secret);
        // 340,000 input tokens of gpt-4o: 0.85 USD.
        (await Spend(secret, 340_000)).Status.ShouldBe(HttpStatusCode.OK);
        var shown = Clocked(home.WaitForFunctionAsync("() => document.querySelector('[aria-labelledby=items-head] .item')", null, new() { PollingInterval = 20 }));
        var told = Clocked(Until.Seen(() => workspace.Get("alerts?status=open"), a => a["data"]!.AsArray().Count == 1, "the alert in the API"));
        var late = await shown - await told;
        output.WriteLine($"Action item on the open page {late.TotalMilliseconds:0} ms after the API had it.");
        late.ShouldBeLessThan(TimeSpan.FromSeconds(1.5));
        await Assertions.Expect(items.First).ToContainTextAsync("80");
        await Assertions.Expect(Row(home, "Client A")).ToContainTextAsync("Warning");

        (await Spend(secret, 80_000)).Status.ShouldBe(HttpStatusCode.OK);
        var refused = await GatewayClient.UntilCode(_stack, secret, "PROJECT_BUDGET_EXCEEDED");
        refused.Status.ShouldBe(HttpStatusCode.PaymentRequired);
        await Assertions.Expect(Row(home, "Client A")).ToContainTextAsync("Blocked");
        await Assertions.Expect(Row(home, "Client A")).ToContainTextAsync("$1.05");
        (await Visitor.IsMarked(home)).ShouldBeTrue("Home was loaded anew.");

        await owner.Choose("Client A", "Change budget");
        await owner.Dialog.GetByLabel("Budget per month (USD)").FillAsync("5");
        await owner.InDialog("Save").ClickAsync();
        await UntilAllowed(secret);
        (await Spend(secret, 4_321)).Status.ShouldBe(HttpStatusCode.OK);
        await Assertions.Expect(Row(home, "Client A")).ToContainTextAsync("OK");
        await Assertions.Expect(items).ToHaveCountAsync(0);

        var spent = (await workspace.UntilSpent(1.0608025m)).Workspace;
        await owner.Go($"/w/{workspace.Slug}/export");
        await Assertions.Expect(owner.Page.Locator(".figures-row")).ToContainTextAsync($"{spent.ToString(CultureInfo.InvariantCulture).TrimEnd('0')} USD");
        var download = await owner.Page.RunAndWaitForDownloadAsync(() => owner.Button("Download CSV").ClickAsync());
        download.SuggestedFilename.ShouldEndWith(".csv");
        Column(await File.ReadAllTextAsync(await download.PathAsync()), "cost_usd").ShouldBe(spent);
        owner.ShouldHaveNoFaults();
    }

    [Fact]
    public async Task From_the_first_sign_in_over_a_new_workspace_and_its_first_steps_to_the_first_call()
    {
        using var person = await Somebody.Join(await Workspace.New(_stack), "viewer");
        (await person.Send(HttpMethod.Delete, $"workspaces/{(await person.Get("workspaces"))["data"]![0]!["id"]}/members/{await person.Id()}")).EnsureSuccessStatusCode();
        await using var visitor = await browser.Visit(_stack.Dashboard.Url);
        await visitor.Page.GotoAsync("/");
        await visitor.Page.WaitForURLAsync("**/sign-in*");
        await visitor.SignIn(person.Email, Somebody.Password);
        await visitor.Page.WaitForURLAsync("**/workspaces");
        await Assertions.Expect(visitor.Page.GetByText("You are in no workspace yet")).ToBeVisibleAsync();
        await visitor.Page.GetByLabel("Name").FillAsync($"First {Guid.NewGuid():N}"[..20]);
        await visitor.Button("Create").ClickAsync();
        await visitor.Page.WaitForURLAsync("**/w/*");
        var home = visitor.Path;
        var steps = visitor.Page.Locator("[aria-labelledby=steps-head]");
        await Assertions.Expect(steps).ToContainTextAsync("0 of 4 done");

        await steps.GetByText("Make a project").ClickAsync();
        await visitor.Button("New Project").First.ClickAsync();
        await visitor.Dialog.GetByLabel("Name").FillAsync("Client A");
        await visitor.InDialog("Create").ClickAsync();
        await Row(visitor.Page, "Client A").WaitForAsync();
        await Home();
        await Assertions.Expect(steps).ToContainTextAsync("1 of 4 done");
        await steps.GetByText("Make an API key").ClickAsync();
        await visitor.Button("New Key").First.ClickAsync();
        await visitor.Dialog.GetByLabel("Name").FillAsync("Website");
        await visitor.InDialog("Create").ClickAsync();
        var secret = await visitor.Dialog.Locator(".copy code").InnerTextAsync();
        await visitor.InDialog("I have copied it").ClickAsync();
        await Assertions.Expect(Row(visitor.Page, "Website")).ToBeVisibleAsync();
        await Home();
        await Assertions.Expect(steps).ToContainTextAsync("2 of 4 done");
        await steps.GetByText("Set a budget").ClickAsync();
        await visitor.Page.GetByLabel("Budget per month (USD)").FillAsync("100");
        await visitor.Button("Set budget").ClickAsync();
        await visitor.Page.GetByText("Budget saved.").WaitForAsync();
        await Home();
        await Assertions.Expect(steps).ToContainTextAsync("3 of 4 done");
        await Visitor.Mark(visitor.Page);
        await steps.GetByText("Send a call").ClickAsync();
        await Assertions.Expect(visitor.Page.Locator("#endpoint-head")).ToBeInViewportAsync();
        await UntilAllowed(secret);
        (await Spend(secret, 4_000)).Status.ShouldBe(HttpStatusCode.OK);
        await Assertions.Expect(steps).ToHaveCountAsync(0);
        (await Visitor.IsMarked(visitor.Page)).ShouldBeTrue("Home was loaded anew.");
        visitor.ShouldHaveNoFaults();

        Task Home() => visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Home" }).ClickAsync();
    }

    [Fact]
    public async Task On_a_phone_a_project_a_key_its_block_and_a_larger_budget_take_the_same_few_taps()
    {
        var workspace = await Workspace.New(_stack);
        await using var owner = await browser.Visit(_stack.Dashboard.Url, Screen.Phone);
        await Begin(owner, workspace);
        await owner.Button("Menu").ClickAsync();
        await owner.Page.GetByRole(AriaRole.Link, new() { Name = "Projects" }).First.ClickAsync();
        await Assertions.Expect(owner.Heading).ToHaveTextAsync("Projects");
        var secret = await MakeProjectAndKey(owner, workspace, "Client B", budget: "0.1");
        await UntilAllowed(secret);
        (await Spend(secret, 48_000)).Status.ShouldBe(HttpStatusCode.OK);
        await GatewayClient.UntilCode(_stack, secret, "PROJECT_BUDGET_EXCEEDED");

        await owner.Go($"/w/{workspace.Slug}");
        await Assertions.Expect(owner.Page.Locator("[aria-labelledby=items-head] .item").First).ToBeVisibleAsync();
        await Assertions.Expect(Row(owner.Page, "Client B")).ToContainTextAsync("Blocked");
        await owner.Page.GetByRole(AriaRole.Link, new() { Name = "Project's budget" }).First.ClickAsync();
        await owner.Choose("Client B", "Change budget");
        await owner.Dialog.GetByLabel("Budget per month (USD)").FillAsync("2");
        await owner.InDialog("Save").ClickAsync();
        await UntilAllowed(secret);
        owner.ShouldHaveNoFaults();
    }

    private static async Task Begin(Visitor visitor, Workspace workspace)
    {
        await visitor.Page.GotoAsync($"/w/{workspace.Slug}");
        await visitor.Page.WaitForURLAsync("**/sign-in?to=*");
        await visitor.SignIn(Stack.OwnerEmail, Stack.OwnerPassword);
        await visitor.Page.WaitForURLAsync($"**/w/{workspace.Slug}");
        await visitor.Ready();
    }

    private static async Task<string> MakeProjectAndKey(Visitor visitor, Workspace workspace, string name, string? budget)
    {
        await visitor.Go($"/w/{workspace.Slug}/settings/projects");
        await visitor.Button("New Project").First.ClickAsync();
        await visitor.Dialog.GetByLabel("Name").FillAsync(name);
        if (budget is not null)
        {
            await visitor.Dialog.GetByText("With a budget").ClickAsync();
            await visitor.Dialog.GetByLabel("Budget per month (USD)").FillAsync(budget);
        }
        await visitor.InDialog("Create").ClickAsync();
        await Row(visitor.Page, name).WaitForAsync();

        await visitor.Go($"/w/{workspace.Slug}/settings/keys");
        await visitor.Button("New Key").First.ClickAsync();
        await visitor.Dialog.GetByLabel("Name").FillAsync("Website");
        await visitor.Dialog.GetByLabel("Project", new() { Exact = true }).FillAsync(name);
        await visitor.Page.Locator(".mud-popover-open .mud-list-item").GetByText(name).ClickAsync();
        await visitor.InDialog("Create").ClickAsync();
        var secret = await visitor.Dialog.Locator(".copy code").InnerTextAsync();
        secret.ShouldStartWith("ts_live_");
        // Shown until somebody says that they have it.
        await visitor.Page.Keyboard.PressAsync("Escape");
        await visitor.InDialog("I have copied it").ClickAsync();
        await Assertions.Expect(visitor.Dialog).ToHaveCountAsync(0);
        await Assertions.Expect(Row(visitor.Page, "Website")).ToContainTextAsync(name);
        (await visitor.Page.ContentAsync()).ShouldNotContain(secret);
        var key = (await workspace.Get("keys"))["data"]!.AsArray().Single()!;
        await Until.Seen(() => workspace.Stack.Query<long>("metering", $"select count(*) from directory where kind = 'key' and id = '{key["id"]}'"), count => count == 1, "the key in Metering");
        return secret;
    }

    private static ILocator Row(IPage page, string name) => page.Locator("table.rows tbody tr").Filter(new() { Has = page.GetByRole(AriaRole.Rowheader, new() { Name = name }) }).First;

    private Task UntilAllowed(string secret) =>
        Until.Seen(() => GatewayClient.Authorize(_stack, secret), a => a.Status == HttpStatusCode.OK && a.Body["budgets"] is JsonArray { Count: 1 }, "an allowed call under the project's budget");

    private Task<Calls.Answer> Spend(string secret, int tokens) =>
        Calls.Send(Calls.Chat(_stack.Gateway.Url, secret, $"input={tokens};output=0", "\"max_tokens\":5"));

    private static async Task<TimeSpan> Clocked(Task what)
    {
        await what;
        return TimeSpan.FromSeconds((double)Stopwatch.GetTimestamp() / Stopwatch.Frequency);
    }

    private static decimal Column(string file, string name)
    {
        using var csv = CsvReader.Create(new StringReader(file), new CsvReaderOptions());
        csv.ReadHeader();
        var at = csv.Headers.ToList().IndexOf(name);
        var sum = 0m;
        while (csv.Read()) sum += decimal.Parse(csv.GetString(at), CultureInfo.InvariantCulture);
        return sum;
    }
}
