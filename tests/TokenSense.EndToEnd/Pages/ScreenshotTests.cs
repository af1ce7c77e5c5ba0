using Microsoft.Playwright;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Pages;

/// <summary>A picture of every page, wide and narrow, light and dark, for eyes to look at: in the folder that each run names.</summary>
[Collection(nameof(SharedStack))]
public sealed class ScreenshotTests(SharedStack shared, Browser browser, ITestOutputHelper output) : IClassFixture<Browser>
{
    private static readonly (string Name, Screen Screen)[] Screens =
    [
        ("wide-light", Screen.Desk), ("wide-dark", Screen.Desk with { IsDark = true }), ("narrow-light", Screen.Phone), ("narrow-dark", Screen.Phone with { IsDark = true }),
    ];

    // Beside the logs of the run that `./tokensense test` makes; else beside the tests.
    private static readonly string Folder = Directory.CreateDirectory(Path.Combine(
        Environment.GetEnvironmentVariable("TOKENSENSE_TEST_HOME") is { } home ? Path.Combine(home, "..", "test-results") : AppContext.BaseDirectory, "screenshots")).FullName;

    [Fact]
    public async Task Every_page_is_drawn_without_a_complaint_of_the_browser_on_desk_and_phone_light_and_dark()
    {
        var agency = await Agency.Open(shared.Stack);
        var fresh = await Workspace.New(shared.Stack);
        await fresh.Project("Client A");
        var pages = Addresses.Of(agency.Workspace.Slug, agency.Alert, agency.Usage);
        await Task.WhenAll(Screens.Select(async s =>
        {
            await using (var stranger = await browser.Visit(shared.Stack.Dashboard.Url, s.Screen))
                foreach (var (name, path) in Addresses.Entrance) await Take(stranger, name, s.Name, path);
            await using var mara = await browser.SignedIn(shared.Stack.Dashboard.Url, agency.Email, Somebody.Password, s.Screen);
            foreach (var (name, path) in pages.Where(p => p.Name != "gateways")) await Take(mara, name, s.Name, path);
            await Dialogs(mara, agency.Workspace.Slug, s.Name);
            mara.ShouldHaveNoFaults();
            await using var operators = await browser.Owner(shared.Stack, s.Screen);
            await Take(operators, "gateways", s.Name, "/gateways");
            await Take(operators, "home-first-steps", s.Name, $"/w/{fresh.Slug}");
        }));
        // As a window shows it: docs/images/home.png was made of this one.
        await using (var mara = await browser.SignedIn(shared.Stack.Dashboard.Url, agency.Email, Somebody.Password, new Screen(1440, 1120)))
        {
            await mara.Go($"/w/{agency.Workspace.Slug}");
            await Shoot(mara, "home-window", "wide-light");
        }
        Directory.GetFiles(Folder, "*.png").Length.ShouldBeGreaterThan(100);
        output.WriteLine($"Screenshots: {Path.GetFullPath(Folder)}");
    }

    private static async Task Dialogs(Visitor visitor, string slug, string screen)
    {
        async Task Opened(string name, string path, string button)
        {
            await visitor.Go($"/w/{slug}/{path}");
            await visitor.Button(button).First.ClickAsync();
            await visitor.Dialog.WaitForAsync();
            await Shoot(visitor, $"dialog-{name}", screen);
        }

        await Opened("project", "settings/projects", "New Project");
        await visitor.Dialog.GetByText("With a budget").ClickAsync();
        await Shoot(visitor, "dialog-project-budget", screen);
        await Opened("member", "settings/members", "Invite");
        await Opened("channel", "settings/channels", "New Channel");
        await Opened("price", "settings/prices", "New Price");
        await visitor.Go($"/w/{slug}/settings/projects");
        await visitor.Choose("Aurora Bank", "Change budget");
        await visitor.Dialog.GetByLabel("Budget per month (USD)").WaitForAsync();
        await Shoot(visitor, "dialog-budget", screen);
        await visitor.Go($"/w/{slug}/settings/projects");
        await visitor.Choose("Aurora Bank", "Archive");
        await visitor.Dialog.WaitForAsync();
        await Shoot(visitor, "dialog-confirm", screen);
        await Opened("key", "settings/keys", "New Key");
        await visitor.Dialog.GetByLabel("Name").FillAsync($"Trial {screen}");
        await visitor.InDialog("Create").ClickAsync();
        await visitor.Dialog.Locator(".copy").WaitForAsync();
        await Shoot(visitor, "dialog-secret", screen);
    }

    private static async Task Take(Visitor visitor, string name, string screen, string path)
    {
        await visitor.Go(path);
        await visitor.Page.ScreenshotAsync(new() { Path = Path.Combine(Folder, $"{name}-{screen}.png"), FullPage = true });
    }

    private static Task Shoot(Visitor visitor, string name, string screen) =>
        visitor.Page.ScreenshotAsync(new() { Path = Path.Combine(Folder, $"{name}-{screen}.png"), Animations = ScreenshotAnimations.Disabled });
}
