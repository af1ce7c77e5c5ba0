using Microsoft.Playwright;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Pages;

/// <summary>The system's Chromium: one for a class, a context for each visitor.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Arguments =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        Environment.SetEnvironmentVariable("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        Assertions.SetDefaultExpectTimeout(30_000);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Executable, Args = Arguments });
    }

    /// <summary>Somebody at a screen of their own, not signed in.</summary>
    /// <param name="url">Of the console.</param>
    public async Task<Visitor> Visit(string url, Screen? screen = null)
    {
        var (width, height, isDark, isPhone) = screen ?? Screen.Desk;
        var context = await _browser!.NewContextAsync(new()
        {
            BaseURL = url, ViewportSize = new() { Width = width, Height = height }, ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
            // Nothing moves, so nothing is looked at half-way.
            ReducedMotion = ReducedMotion.Reduce, HasTouch = isPhone, IsMobile = isPhone, AcceptDownloads = true, Locale = "en-GB", TimezoneId = "Europe/Stockholm",
        });
        context.SetDefaultTimeout(30_000);
        return new Visitor(context, await context.NewPageAsync());
    }

    public async Task<Visitor> SignedIn(string url, string email, string password, Screen? screen = null)
    {
        var visitor = await Visit(url, screen);
        await visitor.Page.GotoAsync("/sign-in?to=/workspaces");
        await visitor.SignIn(email, password);
        await visitor.Ready();
        return visitor;
    }

    public Task<Visitor> Owner(Stack stack, Screen? screen = null) => SignedIn(stack.Dashboard.Url, Stack.OwnerEmail, Stack.OwnerPassword, screen);

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    private static string Executable =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/bin").Select(folder => Path.Combine(folder, "chromium")).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException("The tests of pages need chromium: apt-get install -y chromium.");
}

public sealed record Screen(int Width, int Height, bool IsDark = false, bool IsPhone = false)
{
    public static readonly Screen Desk = new(1440, 900);
    public static readonly Screen Phone = new(390, 844, IsPhone: true);
}
