using System.Text.RegularExpressions;

namespace TokenSense.Dashboard.Pages.Shared;

/// <summary>A project's colour, <c>#rrggbb</c>.</summary>
public static partial class HexColor
{
    /// <summary>Told apart on light and on dark ground, by people who see colours differently too.</summary>
    public static readonly IReadOnlyList<(string Value, string Name)> Palette =
    [
        ("#3b82f6", "Blue"), ("#f59e0b", "Amber"), ("#10b981", "Green"), ("#ec4899", "Pink"), ("#8b5cf6", "Violet"),
        ("#84cc16", "Lime"), ("#ef4444", "Red"), ("#06b6d4", "Cyan"), ("#a16207", "Brown"), ("#64748b", "Slate"),
    ];

    /// <param name="text">With or without the #, three digits or six.</param>
    /// <returns>Null: it is no colour.</returns>
    public static string? Read(string? text)
    {
        var digits = (text ?? "").Trim().TrimStart('#').ToLowerInvariant();
        if (!Pattern().IsMatch(digits)) return null;
        return "#" + (digits.Length == 3 ? string.Concat(digits.Select(d => new string(d, 2))) : digits);
    }

    [GeneratedRegex("^([0-9a-f]{3}|[0-9a-f]{6})$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
