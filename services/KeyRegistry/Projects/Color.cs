using System.Text.RegularExpressions;
using TokenSense.ServiceDefaults;

namespace TokenSense.KeyRegistry.Projects;

/// <summary>A project's colour in charts, <c>#rrggbb</c>.</summary>
public static partial class Color
{
    // Told apart by people who see colours differently, on light and on dark ground; neighbours in the list contrast most.
    private static readonly string[] Palette =
        ["#3b82f6", "#f59e0b", "#10b981", "#ec4899", "#8b5cf6", "#84cc16", "#ef4444", "#06b6d4", "#a16207", "#64748b"];

    public static string OfNext(int count) => Palette[count % Palette.Length];

    /// <summary>The given colour; null where none was given or it is wrong.</summary>
    public static string? Of(Form form)
    {
        if (form.Text("color", 16) is not { } color) return null;
        if (Pattern().IsMatch(color)) return color.ToLowerInvariant();
        form.Error("color", "must be a colour written #rrggbb");
        return null;
    }

    [GeneratedRegex("^#[0-9a-fA-F]{6}$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
