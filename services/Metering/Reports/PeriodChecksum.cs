using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace TokenSense.Metering.Reports;

/// <summary>Lower-case hex SHA-256 of a period's rollup: every file of one revision carries the same, whatever it shows of the period.</summary>
/// <remarks>
/// The canonical form is UTF-8 text, lines ended by LF, fields parted by TAB. First <c>tokensense-usage-1</c>, workspace id, period. Then a line for each
/// day, project, key, provider and model, in the order of these fields' bytes: day as <c>yyyy-MM-dd</c>, ids as lower-case UUIDs (no project: all
/// zeros), provider, model, requests, input tokens, output tokens, USD without trailing zeros, requests without a price. No name has a TAB or LF.
/// </remarks>
public static class PeriodChecksum
{
    private const string Version = "tokensense-usage-1";

    internal static async Task<string> Of(NpgsqlTransaction snapshot, Guid workspaceId, string period, int secondsMax, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, $"{Version}\t{workspaceId}\t{period}");
        await using var select = new NpgsqlCommand(
            """
            select concat_ws(e'\t', to_char(day, 'YYYY-MM-DD'), project_id, key_id, provider, model, requests, input_tokens, output_tokens, trim_scale(cost_usd), unpriced)
            from usage_days where workspace_id = $1 and period = $2
            order by day, project_id, key_id, provider collate "C", model collate "C"
            """, snapshot.Connection, snapshot)
        {
            CommandTimeout = secondsMax, Parameters = { new() { Value = workspaceId }, new() { Value = period } },
        };
        await using var reader = await select.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) Append(hash, reader.GetString(0));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, string line) => hash.AppendData(Encoding.UTF8.GetBytes($"{line}\n"));
}
