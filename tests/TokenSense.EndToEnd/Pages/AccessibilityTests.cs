using System.Collections.Concurrent;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Pages;

/// <summary>Every page can be used by everybody: whatever they see, whatever they press, however wide their screen is.</summary>
[Collection(nameof(SharedStack))]
public sealed class AccessibilityTests(SharedStack shared, Browser browser) : IClassFixture<Browser>
{
    private static readonly RunOnlyOptions Wcag = new() { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] };
    private static readonly AxeRunOptions All = new() { RunOnly = Wcag, ResultTypes = [ResultType.Violations] };
    // A dark page differs in its colours alone, and a phone's in all but its colours.
    private static readonly AxeRunOptions Colours = new() { RunOnly = new() { Type = "rule", Values = ["color-contrast"] }, ResultTypes = [ResultType.Violations] };
    private static readonly AxeRunOptions AllButColours = new()
    {
        RunOnly = Wcag, Rules = new() { ["color-contrast"] = new() { Enabled = false } }, ResultTypes = [ResultType.Violations],
    };
    private static readonly int[] Widths = [360, 390, 768, 1280, 1920];

    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task No_page_has_a_serious_finding_in_light_or_dark_and_none_scrolls_sideways()
    {
        var agency = await Agency.Open(_stack);
        var signedIn = Addresses.Of(agency.Workspace.Slug, agency.Alert, agency.Usage);
        var found = new ConcurrentQueue<string>();
        await Task.WhenAll(new[] { Screen.Desk, Screen.Desk with { IsDark = true }, Screen.Phone }.Select(async screen =>
        {
            await using var stranger = await browser.Visit(_stack.Dashboard.Url, screen);
            foreach (var (name, path) in Addresses.Entrance) await Look(stranger, name, path, screen, found);
            await using var owner = await browser.SignedIn(_stack.Dashboard.Url, agency.Email, Somebody.Password, screen);
            foreach (var (name, path) in signedIn) await Look(owner, name, path, screen, found);
            await using (var operators = await browser.Owner(_stack, screen)) await Look(operators, "gateways of the operator", "/gateways", screen, found);
            await LookAtDialogs(owner, agency.Workspace.Slug, screen, found);
        }));
        found.ShouldBeEmpty(string.Join('\n', found));
    }

    [Fact]
    public async Task The_keyboard_alone_makes_a_project_and_a_key_and_a_dialog_keeps_the_focus()
    {
        var workspace = await Workspace.New(_stack);
        await using var owner = await browser.Owner(_stack);
        var keys = owner.Page.Keyboard;
        await owner.Go($"/w/{workspace.Slug}/settings/projects");

        await TabTo(owner, "New Project");
        await keys.PressAsync("Enter");
        await owner.Dialog.WaitForAsync();
        await Assertions.Expect(owner.Dialog.GetByLabel("Name")).ToBeFocusedAsync();
        for (var tab = 0; tab < 30; tab++)
        {
            await keys.PressAsync("Tab");
            // At its end the server leads the focus back to its beginning.
            await owner.Page.WaitForFunctionAsync("() => document.activeElement.closest('.mud-dialog')", null, new() { Timeout = 10_000 });
        }
        await keys.PressAsync("Escape");
        await Assertions.Expect(owner.Dialog).ToHaveCountAsync(0);

        await TabTo(owner, "New Project");
        await keys.PressAsync("Enter");
        await Assertions.Expect(owner.Dialog.GetByLabel("Name")).ToBeFocusedAsync();
        await keys.TypeAsync("By hand");
        await keys.PressAsync("Enter");
        await Assertions.Expect(owner.Page.Locator("table.rows")).ToContainTextAsync("By hand");

        await owner.Go($"/w/{workspace.Slug}/settings/keys");
        await TabTo(owner, "New Key");
        await keys.PressAsync("Enter");
        await Assertions.Expect(owner.Dialog.GetByLabel("Name")).ToBeFocusedAsync();
        await keys.TypeAsync("Key by hand");
        await keys.PressAsync("Tab");
        // What chooses from a list saves nothing yet.
        var project = owner.Dialog.GetByLabel("Project", new() { Exact = true });
        var choices = owner.Page.Locator(".mud-popover-open .mud-list-item");
        await Assertions.Expect(project).ToBeFocusedAsync();
        await Assertions.Expect(choices).ToHaveCountAsync(2);
        await keys.TypeAsync("By hand");
        await Assertions.Expect(choices).ToHaveCountAsync(1);
        await keys.PressAsync("Enter");
        await Assertions.Expect(choices).ToHaveCountAsync(0);
        await Assertions.Expect(project).ToHaveValueAsync("By hand");
        await Assertions.Expect(owner.InDialog("Create")).ToBeVisibleAsync();
        await TabTo(owner, "Create");
        await keys.PressAsync("Enter");
        // A secret goes only when somebody says that they have it.
        await Assertions.Expect(owner.Dialog.Locator(".copy")).ToBeVisibleAsync();
        await keys.PressAsync("Escape");
        await TabTo(owner, "I have copied it");
        await Assertions.Expect(owner.Dialog.Locator(".copy")).ToBeVisibleAsync();
        await keys.PressAsync("Enter");
        await Assertions.Expect(owner.Dialog).ToHaveCountAsync(0);
        owner.ShouldHaveNoFaults();
    }

    private static async Task Look(Visitor visitor, string name, string path, Screen screen, ConcurrentQueue<string> found)
    {
        await visitor.Go(path);
        await Check(visitor, name, screen, found);
        // The colours take no room.
        if (screen != Screen.Desk) return;
        foreach (var width in Widths)
        {
            await visitor.Page.SetViewportSizeAsync(width, 900);
            if (await Overflow(visitor.Page) is > 0 and var over) found.Enqueue($"{name} is {over} px too wide at {width}");
        }
        await visitor.Page.SetViewportSizeAsync(screen.Width, screen.Height);
    }

    private static async Task LookAtDialogs(Visitor visitor, string slug, Screen screen, ConcurrentQueue<string> found)
    {
        foreach (var (path, button) in new[] { ("settings/projects", "New Project"), ("settings/keys", "New Key"), ("settings/members", "Invite"), ("settings/channels", "New Channel") })
        {
            await visitor.Go($"/w/{slug}/{path}");
            await visitor.Button(button).First.ClickAsync();
            await visitor.Dialog.WaitForAsync();
            if (button == "New Project") await visitor.Dialog.GetByText("With a budget").ClickAsync();
            await Check(visitor, button, screen, found);
        }
    }

    private static async Task Check(Visitor visitor, string name, Screen screen, ConcurrentQueue<string> found)
    {
        var result = await visitor.Page.RunAxe(screen.IsDark ? Colours : screen.IsPhone ? AllButColours : All);
        foreach (var finding in result.Violations.Where(v => v.Impact is "serious" or "critical"))
            found.Enqueue($"{name} ({(screen.IsPhone ? "phone" : "desk")}, {(screen.IsDark ? "dark" : "light")}): {finding.Id}, {string.Join(" | ", finding.Nodes.Take(3).Select(n => n.Html[..Math.Min(200, n.Html.Length)]))}");
    }

    private static Task<int> Overflow(IPage page) => page.EvaluateAsync<int>(
        """
        () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() =>
          done(document.documentElement.scrollWidth - document.documentElement.clientWidth))))
        """);

    private static async Task TabTo(Visitor visitor, string name)
    {
        for (var tab = 0; tab < 60; tab++)
        {
            if (await visitor.Page.EvaluateAsync<string>("() => (document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText ?? '').trim()") == name) return;
            await visitor.Page.Keyboard.PressAsync("Tab");
        }
        throw new InvalidOperationException($"Tab does not reach “{name}”.");
    }
}
