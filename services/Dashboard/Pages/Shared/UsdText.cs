using System.Globalization;
using System.Text.RegularExpressions;

namespace TokenSense.Dashboard.Pages.Shared;

/// <summary>An amount as people type it, with every digit: <c>1250.50</c>, <c>$1,250.50</c>.</summary>
public static partial class UsdText
{
    public const decimal Max = 999_999_999_999m;
    public const int DecimalsMax = 12;

    /// <param name="text">A comma is a thousands separator and nothing else: 1,5 could mean two things, and is refused.</param>
    /// <param name="usd">Exact.</param>
    /// <param name="wrong">What to do about it; empty where it was read.</param>
    public static bool TryRead(string? text, out decimal usd, out string wrong)
    {
        (usd, wrong) = (0, "");
        var given = (text ?? "").Trim().TrimStart('$').Trim();
        if (given.Length == 0) wrong = "Enter an amount in USD";
        else if (given.StartsWith('-') || given.StartsWith('−')) wrong = "Must not be negative";
        else if (!Pattern().IsMatch(given)) wrong = "Write it like 1250.50";
        else if (given.Contains('.', StringComparison.Ordinal) && given.Length - given.IndexOf('.', StringComparison.Ordinal) - 1 > DecimalsMax) wrong = $"Must have at most {DecimalsMax} decimals";
        else if (!decimal.TryParse(given.Replace(",", "", StringComparison.Ordinal), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out usd) || usd > Max)
            wrong = "Must be at most 999,999,999,999";
        return wrong.Length == 0;
    }

    public static string Of(decimal usd) => usd.ToString("0.############################", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$", RegexOptions.CultureInvariant | RegexOptions.ECMAScript)]
    private static partial Regex Pattern();
}
