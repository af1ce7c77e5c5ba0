using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using TokenSense.Pricing;

namespace TokenSense.Metering.Reports;

/// <summary>The columns of the FinOps Open Cost and Usage Specification 1.2: its mandatory ones, and those of its others that say something here.</summary>
/// <remarks>
/// BilledCost is the exact cost, as are the effective, list and contracted cost: what the provider, who is also the issuer, bills for such usage by its
/// list price. 0 would tell whoever adds up BilledCost that the usage was free. That nothing here is an invoice is said by x_CostBasis, and by InvoiceId
/// being left out. A row adds up classes of tokens that have prices of their own, so it has no one unit price: ListUnitPrice, ContractedUnitPrice,
/// SkuPriceId and SkuMeter are left out, and SkuId is the provider's model. An unpriced request costs 0 until it has a price; x_UnpricedRequests counts them.
/// </remarks>
internal static class Focus
{
    private const string Tokens = "Tokens";

    // Tags are read by machines, which need no letter escaped.
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IReadOnlyList<ExportColumn> Columns(ExportHead head, PriceBook book)
    {
        var query = head.Query;
        var (startsAt, endsAt) = (query.Calendar.StartsAt(query.Period), query.Calendar.EndsAt(query.Period));
        var (start, end, revision) = (Written(startsAt), Written(endsAt), ExportColumns.Whole(head.Revision));
        var names = book.Providers.ToDictionary(p => p.Id, p => p.Name);
        var days = new Dictionary<DateOnly, (string Start, string End)>();
        string Provider(ExportRow row) => names.GetValueOrDefault(row.Provider, row.Provider);
        static string Quantity(ExportRow row) => ExportColumns.Whole(checked(row.InputTokens + row.OutputTokens));
        // A month's first or last day may reach beyond it, after a change of the time zone.
        (string Start, string End) Charged(ExportRow row)
        {
            if (row.Day is not { } day) return (start, end);
            if (days.TryGetValue(day, out var known)) return known;
            var (from, to) = (query.Calendar.DayStartsAt(day), query.Calendar.DayStartsAt(day.AddDays(1)));
            return days[day] = (Written(from < startsAt ? startsAt : from), Written(to > endsAt ? endsAt : to));
        }
        return
        [
            new("BilledCost", ColumnKind.Number, r => r.CostUsd),
            new("BillingAccountId", ColumnKind.Code, _ => query.Workspace.WorkspaceId.ToString()),
            new("BillingAccountName", ColumnKind.Text, _ => query.Workspace.Name),
            new("BillingCurrency", ColumnKind.Code, _ => ExportColumns.Currency),
            new("BillingPeriodEnd", ColumnKind.Code, _ => end),
            new("BillingPeriodStart", ColumnKind.Code, _ => start),
            new("ChargeCategory", ColumnKind.Code, _ => "Usage"),
            new("ChargeClass", ColumnKind.Code, _ => null),
            new("ChargeDescription", ColumnKind.Text, r => FormattableString.Invariant($"{r.Model}: {r.Requests} requests, {r.InputTokens} input and {r.OutputTokens} output tokens")),
            new("ChargeFrequency", ColumnKind.Code, _ => "Usage-Based"),
            new("ChargePeriodEnd", ColumnKind.Code, r => Charged(r).End),
            new("ChargePeriodStart", ColumnKind.Code, r => Charged(r).Start),
            new("ConsumedQuantity", ColumnKind.Number, Quantity),
            new("ConsumedUnit", ColumnKind.Code, _ => Tokens),
            new("ContractedCost", ColumnKind.Number, r => r.CostUsd),
            new("EffectiveCost", ColumnKind.Number, r => r.CostUsd),
            new("InvoiceIssuerName", ColumnKind.Text, Provider),
            new("ListCost", ColumnKind.Number, r => r.CostUsd),
            new("PricingQuantity", ColumnKind.Number, Quantity),
            new("PricingUnit", ColumnKind.Code, _ => Tokens),
            new("ProviderName", ColumnKind.Text, Provider),
            new("PublisherName", ColumnKind.Text, Provider),
            new("ServiceCategory", ColumnKind.Code, _ => "AI and Machine Learning"),
            new("ServiceName", ColumnKind.Text, r => $"{Provider(r)} API"),
            new("ServiceSubcategory", ColumnKind.Code, _ => "Generative AI"),
            new("SkuId", ColumnKind.Text, r => $"{r.Provider}/{r.Model}"),
            new("SubAccountId", ColumnKind.Code, r => r.ProjectId?.ToString()),
            new("SubAccountName", ColumnKind.Text, r => r.ProjectId is null ? null : r.Project),
            new("Tags", ColumnKind.Code, r => r.ProjectId is null ? null : JsonSerializer.Serialize(new Dictionary<string, string> { ["project"] = r.ProjectSlug ?? r.Project }, Readable)),
            new("x_AmountUsd", ColumnKind.Number, r => r.AmountUsd),
            new("x_Checksum", ColumnKind.Code, _ => head.Checksum),
            new("x_CostBasis", ColumnKind.Code, _ => ExportColumns.CostBasis),
            new("x_InputTokens", ColumnKind.Number, r => ExportColumns.Whole(r.InputTokens)),
            new("x_KeyId", ColumnKind.Code, r => r.KeyId?.ToString()),
            new("x_KeyName", ColumnKind.Text, r => r.Key),
            new("x_OutputTokens", ColumnKind.Number, r => ExportColumns.Whole(r.OutputTokens)),
            new("x_ProjectArchived", ColumnKind.Flag, r => r.ProjectId is null ? null : r.IsArchived ? "true" : "false"),
            new("x_Requests", ColumnKind.Number, r => ExportColumns.Whole(r.Requests)),
            new("x_Revision", ColumnKind.Number, _ => revision),
            new("x_State", ColumnKind.Code, _ => head.State),
            new("x_UnpricedRequests", ColumnKind.Number, r => ExportColumns.Whole(r.Unpriced)),
        ];
    }

    private static string Written(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
