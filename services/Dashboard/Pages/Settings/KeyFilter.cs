namespace TokenSense.Dashboard.Pages.Settings;

/// <summary>Which keys are shown, as the API is asked for them.</summary>
/// <param name="Project">An id; <c>none</c>; empty: all.</param>
/// <param name="Status">Empty: all.</param>
/// <param name="Text">Of the name, or the last four characters.</param>
public sealed record KeyFilter(string Project = "", string Status = "", string Text = "")
{
    public const string NoProject = "none";
    public const int PageSize = 50;

    public bool IsAny => Project.Length + Status.Length + Text.Length > 0;

    public string Query(string cursor)
    {
        var query = $"limit={PageSize}&order=newest";
        foreach (var (name, value) in new[] { ("project", Project), ("status", Status), ("q", LastPart(Text)), ("cursor", cursor) })
            if (value.Length > 0) query += $"&{name}={Uri.EscapeDataString(value)}";
        return query;
    }

    // As the list writes a key: ts_live_ab12…wxyz.
    private static string LastPart(string text) => text.Trim() is var given && given.LastIndexOf('…') is >= 0 and var at && at < given.Length - 1 ? given[(at + 1)..] : given;
}
