namespace TokenSense.Dashboard.Pages.Shared;

/// <summary>Names as people sort them: Client 2 before Client 10.</summary>
public sealed class NaturalOrder : IComparer<string>
{
    public static readonly NaturalOrder Names = new();

    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> a = x, b = y;
        while (a.Length > 0 && b.Length > 0)
        {
            ReadOnlySpan<char> one = a[..Run(a)], other = b[..Run(b)];
            var (first, second) = (one.Length, other.Length);
            var areNumbers = char.IsAsciiDigit(one[0]) && char.IsAsciiDigit(other[0]);
            if (areNumbers)
            {
                one = one.TrimStart('0');
                other = other.TrimStart('0');
            }
            var order = areNumbers && one.Length != other.Length ? one.Length - other.Length : one.CompareTo(other, StringComparison.OrdinalIgnoreCase);
            if (order != 0) return order;
            a = a[first..];
            b = b[second..];
        }
        return a.Length - b.Length;
    }

    // A run of digits, or of anything else.
    private static int Run(ReadOnlySpan<char> text)
    {
        var isNumber = char.IsAsciiDigit(text[0]);
        var length = 1;
        while (length < text.Length && char.IsAsciiDigit(text[length]) == isNumber) length++;
        return length;
    }
}
