using System.Net;
using Microsoft.Playwright;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Pages;

/// <summary>What is set, taken back and ended in the settings, click by click.</summary>
[Collection(nameof(SharedStack))]
public sealed class SettingsPagesTests(SharedStack shared, Browser browser) : IClassFixture<Browser>
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task A_price_of_ones_own_is_set_changed_and_removed_and_an_open_page_elsewhere_shows_it()
    {
        var workspace = await Workspace.New(_stack);
        using var member = await Somebody.Join(workspace, "member");
        await using var owner = await browser.Owner(_stack);
        await using var other = await browser.SignedIn(_stack.Dashboard.Url, member.Email, Somebody.Password);
        await other.Go($"/w/{workspace.Slug}/settings/prices");
        await Visitor.Mark(other.Page);
        await owner.Go($"/w/{workspace.Slug}/settings/prices");
        var theirs = other.Page.Locator("[aria-labelledby=own-head]");
        (await theirs.GetByRole(AriaRole.Button).CountAsync()).ShouldBe(0);

        await owner.Button("New Price").ClickAsync();
        await owner.InDialog("Set price").ClickAsync();
        await Assertions.Expect(owner.Dialog).ToContainTextAsync("Choose who is called");
        // Another name of a model that the book has: said as the API says it.
        await owner.Pick("Provider", "Anthropic");
        await owner.Dialog.GetByLabel("Model").FillAsync("claude-3-5-sonnet-latest");
        await owner.Dialog.GetByLabel("Input", new() { Exact = true }).FillAsync("1");
        await owner.Dialog.GetByLabel("Output").FillAsync("1");
        await owner.InDialog("Set price").ClickAsync();
        await Assertions.Expect(owner.Dialog.GetByRole(AriaRole.Alert)).ToContainTextAsync("Provider 'anthropic', model 'claude-3-5-sonnet-latest' is 'claude-3-5-sonnet' in the price book");
        await owner.Pick("Provider", "OpenAI");
        await owner.Dialog.GetByLabel("Model").FillAsync("acme-tuned");
        await owner.Dialog.GetByLabel("Input", new() { Exact = true }).FillAsync("2,5");
        await owner.Dialog.GetByLabel("Output").FillAsync("0.000001");
        await owner.InDialog("Set price").ClickAsync();
        await Assertions.Expect(owner.Dialog).ToContainTextAsync("Write it like");
        await owner.Dialog.GetByLabel("Input", new() { Exact = true }).FillAsync("2.50");
        await owner.InDialog("Set price").ClickAsync();
        await Assertions.Expect(theirs).ToContainTextAsync("acme-tuned");
        await Assertions.Expect(theirs).ToContainTextAsync("$2.50");
        await Assertions.Expect(theirs).ToContainTextAsync("$0.000001");

        await owner.Button("Change the price of acme-tuned").ClickAsync();
        (await owner.Dialog.GetByLabel("Output").InputValueAsync()).ShouldBe("0.000001");
        await owner.Dialog.GetByLabel("Output").FillAsync("7");
        // Somebody was quicker: what was typed stays.
        await workspace.Put("prices", new { providers = new[] { new { id = "openai", models = new[] { new { id = "another", prices = new { input_mtok = 1, output_mtok = 1 } } } } } });
        await owner.InDialog("Save").ClickAsync();
        await Assertions.Expect(owner.Dialog).ToContainTextAsync("Somebody changed the prices meanwhile");
        (await owner.Dialog.GetByLabel("Output").InputValueAsync()).ShouldBe("7");
        await owner.InDialog("Cancel").ClickAsync();
        await owner.Button("Remove the price of another").ClickAsync();
        await owner.InDialog("Remove price").ClickAsync();
        await Assertions.Expect(theirs).ToContainTextAsync("The price book counts for every model");
        (await Visitor.IsMarked(other.Page)).ShouldBeTrue("The page was loaded anew.");
        owner.ShouldHaveNoFaults();
    }

    [Fact]
    public async Task Settings_then_the_projects_name_opens_its_budget_and_Enter_saves_it()
    {
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("Client A");
        await using var owner = await browser.Owner(_stack);
        await owner.Go($"/w/{workspace.Slug}");
        await owner.Page.GetByRole(AriaRole.Link, new() { Name = "Settings", Exact = true }).ClickAsync();
        await Assertions.Expect(owner.Heading).ToHaveTextAsync("Projects");
        await owner.Button("Client A").ClickAsync();
        await Assertions.Expect(owner.Dialog).ToContainTextAsync("Budget of Client A");
        await owner.Dialog.GetByLabel("Budget per month (USD)").FillAsync("12.5");
        await owner.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(owner.Page.Locator("table.rows")).ToContainTextAsync("$12.50");
        ((decimal)(await workspace.Get($"projects/{project}/budget"))["amount_usd"]!).ShouldBe(12.5m);
        foreach (var (link, heading) in new[] { ("Alerts", "Alerts"), ("Action items", "Action items"), ("Gateways", "Gateways") })
        {
            await owner.Page.GetByRole(AriaRole.Navigation, new() { Name = "Main" }).GetByRole(AriaRole.Link, new() { Name = link, Exact = true }).ClickAsync();
            await Assertions.Expect(owner.Heading).ToHaveTextAsync(heading);
        }
        owner.ShouldHaveNoFaults();
    }

    [Fact]
    public async Task A_file_of_the_audit_log_that_could_not_be_made_leads_back_says_so_and_keeps_the_filters()
    {
        var workspace = await Workspace.New(_stack);
        await workspace.Project("Client A");
        await using var owner = await browser.Owner(_stack);
        await owner.Go($"/w/{workspace.Slug}/audit?action=project&from=2026-01-01");
        await Assertions.Expect(owner.Page.Locator("ol.log")).Not.ToContainTextAsync("Workspace created");
        await owner.Go($"/w/{workspace.Slug}/audit/file?format=nothing&action=project&from=2026-01-01");
        owner.Path.ShouldBe($"/w/{workspace.Slug}/audit?action=project&from=2026-01-01&problem=INVALID_REQUEST");
        await Assertions.Expect(owner.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The file could not be made.");
        await Assertions.Expect(owner.Page.Locator("ol.log")).ToContainTextAsync("Project created");
        await Assertions.Expect(owner.Page.GetByLabel("From")).ToHaveValueAsync("2026-01-01");
        var download = await owner.Page.RunAndWaitForDownloadAsync(() => owner.Page.GetByText("Download as CSV").ClickAsync());
        (await File.ReadAllTextAsync(await download.PathAsync())).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).ShouldHaveSingleItem().ShouldContain("project.created");
        owner.ShouldHaveNoFaults();
    }

    [Fact]
    public async Task A_budget_is_removed_and_a_project_comes_back_from_the_archive()
    {
        var workspace = await Workspace.New(_stack);
        await workspace.SetBudget(5);
        await workspace.Project("Client A");
        await using var owner = await browser.Owner(_stack);
        await owner.Go($"/w/{workspace.Slug}/settings/general");
        await owner.Button("Remove budget").ClickAsync();
        await owner.InDialog("Cancel").ClickAsync();
        await Assertions.Expect(owner.Dialog).ToHaveCountAsync(0);
        (await workspace.Raw(HttpMethod.Get, "budget")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await owner.Button("Remove budget").ClickAsync();
        await owner.InDialog("Remove budget").ClickAsync();
        await Assertions.Expect(owner.Page.GetByText("No budget is set.")).ToBeVisibleAsync();
        (await workspace.Raw(HttpMethod.Get, "budget")).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        await owner.Go($"/w/{workspace.Slug}/settings/projects");
        await owner.Choose("Client A", "Archive");
        await owner.InDialog("Archive").ClickAsync();
        await Assertions.Expect(owner.Page.GetByText("All projects are archived")).ToBeVisibleAsync();
        await owner.Page.GetByText("Show archived", new() { Exact = true }).ClickAsync();
        await owner.Choose("Client A", "Unarchive");
        await Assertions.Expect(owner.Page.GetByText("Client A is back.")).ToBeVisibleAsync();
        owner.ShouldHaveNoFaults();
    }

    [Fact]
    public async Task A_workspace_is_deleted_by_who_types_its_name_and_its_key_with_it()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        await GatewayClient.UntilCode(_stack, key.Secret, null);
        await using var owner = await browser.Owner(_stack);
        await owner.Go($"/w/{workspace.Slug}/settings/general");
        var name = (string)(await workspace.Get(""))["name"]!;
        await Assertions.Expect(owner.Button("Delete workspace")).ToBeDisabledAsync();
        await owner.Page.GetByLabel($"Type {name} to confirm").FillAsync(name);
        await owner.Button("Delete workspace").ClickAsync();
        await owner.InDialog("Delete workspace").ClickAsync();
        await owner.Page.WaitForURLAsync("**/workspaces");
        await owner.Ready();
        await Assertions.Expect(owner.Page.GetByText(name, new() { Exact = true })).ToHaveCountAsync(0);
        await GatewayClient.UntilCode(_stack, key.Secret, "INVALID_API_KEY");
        owner.ShouldHaveNoFaults();
    }
}
