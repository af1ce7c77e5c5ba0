using System.Globalization;

namespace TokenSense.ServiceDefaults;

/// <summary>Text that a spreadsheet must not take for a formula gets an apostrophe in front.</summary>
public static class SpreadsheetText
{
    // The second four are what an input method makes of the first.
    private const string FormulaStarts = "=+-@\uFF1D\uFF0B\uFF0D\uFF20";

    public static string? Safe(string? text)
    {
        if (string.IsNullOrEmpty(text)) return text;
        var start = text.AsSpan();
        while (start.Length > 0 && IsPassedOver(start[0])) start = start[1..];
        return text[0] is '\t' or '\r' or '\n' || (start.Length > 0 && FormulaStarts.Contains(start[0])) ? $"'{text}" : text;
    }

    private static bool IsPassedOver(char c) =>
        char.IsWhiteSpace(c) || char.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format;
}
