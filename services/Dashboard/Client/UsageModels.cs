using System.Text.Json;

namespace TokenSense.Dashboard.Client;

// Usage as pages show it: a line, all of one, and what was kept aside.

public sealed record TokensModel(long InputTokens, long OutputTokens);

/// <param name="CostUsd">Null while unpriced.</param>
public sealed record UsageLineModel(
    DateTimeOffset Time, string Source, string Id, Guid KeyId, Guid? ProjectId, string Provider, string Model, TokensModel Usage, decimal? CostUsd,
    string CostFrom, bool Unpriced, bool Estimated);

/// <param name="Usage">Tokens by class, in <c>snake_case</c>.</param>
/// <param name="CostFrom"><c>price_book</c>, <c>reported</c> or <c>unpriced</c>.</param>
/// <param name="Streams">The totals that it moved.</param>
public sealed record UsageDetailModel(
    Guid UsageId, string Source, string Id, string Reporter, DateTimeOffset Time, DateTimeOffset RecordedAt, string Period, Guid KeyId, Guid? ProjectId,
    string Provider, string Model, string? ApiFlavor, IReadOnlyDictionary<string, long> Usage, decimal? CostUsd, decimal? ReportedCostUsd, string CostFrom,
    PriceModel? Price, string? UnpricedReason, bool Estimated, IReadOnlyDictionary<string, string>? Metadata, long? LatencyMs, int? Status,
    IReadOnlyList<string> Streams);

public sealed record PriceModel(string BookVersion, string ProviderId, string ModelId, DateOnly? ValidFrom, IReadOnlyList<PriceLineModel> Lines);
public sealed record PriceLineModel(string Class, long Units, decimal UsdPerUnit, decimal CostUsd);

/// <param name="Reported">The line as it came; null where nothing of it is kept.</param>
public sealed record KeptModel(Guid Id, string? Source, string? UsageId, string Reporter, string Code, string Message, JsonElement? Reported, DateTimeOffset At);

/// <param name="Status"><c>accepted</c>, <c>duplicate</c>, <c>conflict</c>, <c>pending</c> or <c>rejected</c>.</param>
public sealed record RetryModel(Guid Id, string Status, string? Code, string? Message);

public sealed record UsageReferenceModel(string Source, string Id);
