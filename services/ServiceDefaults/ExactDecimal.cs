using System.Globalization;
using System.Text.Json;

namespace TokenSense.ServiceDefaults;

/// <summary>Reads money from JSON text without ever rounding it (product decision 10): what does not fit is refused.</summary>
public static class ExactDecimal
{
    public const int DecimalsMax = 12;
    private const int WholeDigitsMax = 16;

    public static bool TryRead(JsonElement number, out decimal amount, out string problem)
    {
        // System.Decimal rounds silently beyond 28 digits, so the text is measured before it is read.
        var text = number.GetRawText().AsSpan().TrimStart('-');
        var exponent = 0;
        if (text.IndexOfAny('e', 'E') is var e and >= 0)
        {
            if (!int.TryParse(text[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)) exponent = int.MaxValue;
            text = text[..e];
        }
        var point = text.IndexOf('.');
        var whole = (point < 0 ? text : text[..point]).TrimStart('0').Length;
        var decimals = point < 0 ? 0 : text[(point + 1)..].TrimEnd('0').Length;
        (amount, problem) = (0, "");
        if (whole == 0 && decimals == 0) return true;
        if ((long)decimals - exponent > DecimalsMax) problem = $"must have at most {DecimalsMax} decimals";
        else if ((long)whole + exponent > WholeDigitsMax) problem = "is too large";
        else if (!number.TryGetDecimal(out amount)) problem = "must be a decimal number";
        return problem.Length == 0;
    }
}
