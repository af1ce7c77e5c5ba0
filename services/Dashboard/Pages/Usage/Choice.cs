namespace TokenSense.Dashboard.Pages.Usage;

/// <summary>One of a list that is searched by typing.</summary>
public sealed record Choice(string Value, string Name)
{
    /// <summary>Those whose name has the text in it.</summary>
    public static IEnumerable<Choice> Matching(IEnumerable<Choice> all, string? text) =>
        string.IsNullOrWhiteSpace(text) ? all : all.Where(c => c.Name.Contains(text.Trim(), StringComparison.OrdinalIgnoreCase));
}
