namespace TokenSense.Dashboard.Client;

/// <summary>What a month's file says of itself.</summary>
/// <param name="TotalCostUsd">Exact. Text, because a sum may have more digits than a decimal holds.</param>
/// <param name="TotalAmountUsd">In cents.</param>
public sealed record ExportHeadModel(string Period, string State, long Revision, string Checksum, string TimeZone, string TotalCostUsd, string TotalAmountUsd);

public sealed record ExportRowModel(
    string Project, bool ProjectArchived, string? Key, DateOnly? Day, string Provider, string Model, long Requests, long InputTokens, long OutputTokens,
    long UnpricedRequests, decimal CostUsd, decimal AmountUsd);
