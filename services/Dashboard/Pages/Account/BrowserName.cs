namespace TokenSense.Dashboard.Pages.Account;

/// <summary>What people call a browser, by what it says of itself; programs are called as they call themselves.</summary>
public static class BrowserName
{
    // The first that is in it: most pretend to be others as well.
    private static readonly (string Mark, string Name)[] Browsers =
        [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("CriOS/", "Chrome"), ("Safari/", "Safari")];

    private static readonly (string Mark, string Name)[] Systems =
        [("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux")];

    public static string Of(string userAgent)
    {
        if (userAgent.Length == 0) return "Unknown";
        if (Find(Browsers, userAgent) is not { } browser) return userAgent;
        return Find(Systems, userAgent) is { } system ? $"{browser} on {system}" : browser;
    }

    private static string? Find((string Mark, string Name)[] all, string text) => all.FirstOrDefault(each => text.Contains(each.Mark, StringComparison.Ordinal)).Name;
}
