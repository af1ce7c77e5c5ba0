using System.Globalization;

namespace TokenSense.Metering.Reports;

/// <summary>Text is somebody's own and may look like a formula to a spreadsheet; code is ours; the rest is as JSON writes it.</summary>
internal enum ColumnKind { Text, Code, Number, Flag }

/// <param name="Value">As it is written, invariant; null where there is none.</param>
internal sealed record ExportColumn(string Name, ColumnKind Kind, Func<ExportRow, string?> Value);

/// <summary>The columns of CSV and JSON files, the same in both.</summary>
internal static class ExportColumns
{
    public const string Currency = "USD";

    /// <summary>What the amounts are, in every row and file (product decision 10): nobody's invoice.</summary>
    public const string CostBasis = "list_price_estimate_excl_tax";

    public static IReadOnlyList<ExportColumn> Of(ExportHead head)
    {
        var revision = Whole(head.Revision);
        List<ExportColumn> columns =
        [
            new("period", ColumnKind.Code, _ => head.Query.Period),
            new("state", ColumnKind.Code, _ => head.State),
            new("revision", ColumnKind.Number, _ => revision),
            new("checksum", ColumnKind.Code, _ => head.Checksum),
            new("project_id", ColumnKind.Code, r => r.ProjectId?.ToString()),
            new("project", ColumnKind.Text, r => r.Project),
            new("project_archived", ColumnKind.Flag, r => r.IsArchived ? "true" : "false"),
        ];
        if (head.Query.Grain == Grain.Key) columns.AddRange([new("key_id", ColumnKind.Code, r => r.KeyId?.ToString()), new("key", ColumnKind.Text, r => r.Key)]);
        if (head.Query.Grain == Grain.Day) columns.Add(new("day", ColumnKind.Code, r => r.Day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)));
        columns.AddRange(
        [
            new("provider", ColumnKind.Text, r => r.Provider),
            new("model", ColumnKind.Text, r => r.Model),
            new("requests", ColumnKind.Number, r => Whole(r.Requests)),
            new("input_tokens", ColumnKind.Number, r => Whole(r.InputTokens)),
            new("output_tokens", ColumnKind.Number, r => Whole(r.OutputTokens)),
            new("unpriced_requests", ColumnKind.Number, r => Whole(r.Unpriced)),
            new("cost_usd", ColumnKind.Number, r => r.CostUsd),
            new("amount_usd", ColumnKind.Number, r => r.AmountUsd),
            new("currency", ColumnKind.Code, _ => Currency),
            new("cost_basis", ColumnKind.Code, _ => CostBasis),
        ]);
        return columns;
    }

    public static string Whole(long number) => number.ToString(CultureInfo.InvariantCulture);
}
