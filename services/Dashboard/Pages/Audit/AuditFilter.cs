using System.Globalization;

namespace TokenSense.Dashboard.Pages.Audit;

/// <summary>Which changes are shown: what stands in the page's address.</summary>
/// <param name="Kind">The first word of actions; null: everything.</param>
/// <param name="From">A day of the workspace's.</param>
/// <param name="To">The last one.</param>
public sealed record AuditFilter(string? Kind, string? From, string? To)
{
    public static AuditFilter Read(string? kind, string? from, string? to) =>
        new(AuditWords.Kinds.Contains(kind) ? kind : null, Day(from), Day(to));

    /// <summary>With a query, so that more may follow.</summary>
    public string Address(string page) => $"{page}/audit?{Query}";

    public string File(string page) => $"{page}/audit/file?format=csv{(Query.Length > 0 ? "&" : "")}{Query}";

    /// <summary>For the management API, and for the address.</summary>
    public string Query => string.Join('&', new[] { ("action", Kind), ("from", From), ("to", To) }.Where(p => p.Item2 is not null).Select(p => $"{p.Item1}={Uri.EscapeDataString(p.Item2!)}"));

    private static string? Day(string? text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) ? text : null;
}
