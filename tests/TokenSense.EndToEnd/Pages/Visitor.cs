using System.Collections.Concurrent;
using Microsoft.Playwright;
using Shouldly;

namespace TokenSense.EndToEnd.Pages;

/// <summary>Somebody in front of a browser.</summary>
public sealed class Visitor : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _faults = [];

    public Visitor(IBrowserContext context, IPage page)
    {
        (Context, Page) = (context, page);
        context.WebError += (_, error) => _faults.Enqueue(error.Error);
        context.Console += (_, message) => { if (message.Type == "error") _faults.Enqueue(message.Text); };
    }

    public IBrowserContext Context { get; }
    public IPage Page { get; }

    /// <summary>What the browser itself complained of: scripts that failed, what its policy kept from loading.</summary>
    public IReadOnlyList<string> Faults => [.. _faults];

    public ILocator Heading => Page.Locator("h1");
    public ILocator Dialog => Page.Locator(".mud-dialog");
    public string Path => new Uri(Page.Url).PathAndQuery;

    public async Task SignIn(string email, string password)
    {
        await Page.FillAsync("#email", email);
        await Page.FillAsync("#password", password);
        await Page.ClickAsync("button[type=submit]");
    }

    /// <summary>Goes there and waits until all of it is shown.</summary>
    public async Task Go(string path)
    {
        await Page.GotoAsync(path);
        await Ready();
    }

    public async Task Ready(IPage? page = null)
    {
        page ??= Page;
        await page.Locator("h1").First.WaitForAsync();
        // A page is drawn before it knows that it is dark, its parts as they are read.
        await page.WaitForFunctionAsync(
            """
            () => {
              if (document.querySelector('[aria-label="Loading"], #loading, [aria-busy="true"]') || document.querySelectorAll('h1').length !== 1) return false;
              const surface = getComputedStyle(document.documentElement).getPropertyValue('--mud-palette-surface').replaceAll(' ', '');
              return document.querySelector('.entrance') || surface.includes('255,255,255') === (document.documentElement.dataset.colours === 'light');
            }
            """);
    }

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public ILocator InDialog(string button) => Dialog.GetByRole(AriaRole.Button, new() { Name = button, Exact = true });

    /// <summary>What the menu of one row offers, chosen.</summary>
    public async Task Choose(string row, string item)
    {
        await Button($"Actions for {row}").ClickAsync();
        await Page.Locator(".mud-popover-open").GetByText(item, new() { Exact = true }).ClickAsync();
    }

    /// <summary>One of a dialog's list of choices.</summary>
    public async Task Pick(string label, string choice)
    {
        await Dialog.GetByLabel(label).ClickAsync();
        await Page.Locator(".mud-popover-open").GetByText(choice, new() { Exact = true }).ClickAsync();
    }

    /// <summary>From now on a page that was loaded anew does not remember this.</summary>
    public static Task Mark(IPage page) => page.EvaluateAsync("() => { window.looked = true; }");

    public static async Task<bool> IsMarked(IPage page) => await page.EvaluateAsync<bool>("() => window.looked === true");

    public void ShouldHaveNoFaults() => Faults.ShouldBeEmpty(string.Join('\n', Faults));

    public ValueTask DisposeAsync() => Context.DisposeAsync();
}
