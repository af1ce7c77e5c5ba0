using System.Security.Cryptography;
using System.Text;

namespace TokenSense.Tools.Audit;

/// <summary>A period's checksum, made again from the folded lines: SHA-256 over the text that Metering's <c>PeriodChecksum</c> describes.</summary>
public static class PeriodForm
{
    public static string Checksum(Guid workspaceId, string period, IEnumerable<KeyValuePair<DayKey, DayTotal>> days)
    {
        var text = new StringBuilder($"tokensense-usage-1\t{workspaceId:D}\t{period}\n");
        // An id's hexadecimal digits follow each other as its bytes do, names by their UTF-8.
        foreach (var (key, total) in days.OrderBy(d => d.Key.Day).ThenBy(d => d.Key.ProjectId.ToString("D"), StringComparer.Ordinal)
            .ThenBy(d => d.Key.KeyId.ToString("D"), StringComparer.Ordinal).ThenBy(d => d.Key.Provider, Utf8Order).ThenBy(d => d.Key.Model, Utf8Order))
            text.AppendJoin('\t', key.Day.ToString("yyyy-MM-dd"), key.ProjectId.ToString("D"), key.KeyId.ToString("D"), key.Provider, key.Model,
                $"{total.Requests}", $"{total.InputTokens}", $"{total.OutputTokens}", Figures.Exact(total.CostUsd), $"{total.Unpriced}").Append('\n');
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static readonly Comparer<string> Utf8Order =
        Comparer<string>.Create((a, b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b)));
}
