using System.Text.Json;
namespace TokenSense.Dashboard.Client;

// The management API's answers, as far as pages show them.

public sealed record ListOf<T>(IReadOnlyList<T> Data, string? NextCursor);

/// <param name="TimeZone">IANA.</param>
/// <param name="Role">The caller's.</param>
public sealed record WorkspaceModel(Guid Id, string Slug, string Name, string TimeZone, string? TimeZoneFromNext, DateTimeOffset CreatedAt, string Role)
{
    public bool MayAdmin => Role is "admin" or "owner";
    public bool IsOwner => Role is "owner";
    public bool MayMakeKeys => Role is not "viewer";
    public TimeZoneInfo Zone => TimeZoneInfo.FindSystemTimeZoneById(TimeZone);
    public DateOnly Today => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(DateTimeOffset.UtcNow, Zone).DateTime);
    public string Path => $"workspaces/{Id}";
    public string Page => $"/w/{Slug}";
}

public sealed record ProjectModel(Guid Id, string Slug, string Name, string Color, string? Description, DateTimeOffset? ArchivedAt, DateTimeOffset CreatedAt);

public sealed record KeyModel(
    Guid Id, string Name, Guid? ProjectId, string Prefix, string Last4, IReadOnlyList<string> Scopes, string? Secret, string Status, string CreatedBy,
    DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt, DateTimeOffset? LastUsedAt);

public sealed record BudgetModel(decimal AmountUsd, string Mode, IReadOnlyList<int> Thresholds);

public sealed record SpendModel(
    string Period, DateTimeOffset StartsAt, DateTimeOffset EndsAt, string TimeZone, string State, DateTimeOffset AsOf,
    ScopeModel Workspace, IReadOnlyList<ScopeModel> Projects, ScopeModel Unassigned, IReadOnlyList<ScopeModel> Keys);

/// <param name="Percent">Of the budget; null without one, or for one of 0.</param>
/// <param name="Status"><c>ok</c>, <c>warning</c>, <c>exhausted</c> or <c>unlimited</c>.</param>
public sealed record ScopeModel(
    string Scope, Guid? Id, string Name, string? Color, DateTimeOffset? ArchivedAt, decimal SpentUsd, decimal? BudgetUsd, string? Mode, decimal? Percent,
    string Status, decimal? ForecastUsd, DateTimeOffset? CrossesAt, DateTimeOffset ResetsAt);

public sealed record UsageRow(
    DateOnly? Day, Guid? ProjectId, Guid? KeyId, string? Model, long Requests, long InputTokens, long OutputTokens, decimal CostUsd, long Unpriced)
{
    /// <summary>Null: none of it has a price, which is not the same as nothing.</summary>
    public decimal? KnownUsd => Unpriced > 0 && Unpriced == Requests ? null : CostUsd;
}

public sealed record AlertModel(
    Guid Id, string Kind, string Title, string Detail, string Advice, string? Reason, int? Threshold, string Scope, Guid? ScopeId, string ScopeName, string? Period,
    decimal? SpentUsd, decimal? BudgetUsd, string? Mode, DateTimeOffset CrossedAt, DateTimeOffset? ResetsAt, string Status, DateTimeOffset? ResolvedAt,
    DateTimeOffset? DismissedAt, string? DismissedBy, IReadOnlyList<DeliveryModel> Deliveries, UsageReferenceModel? CrossedBy = null);

public sealed record DeliveryModel(Guid Id, string Channel, Guid ChannelId, string? Recipient, string Status, int Attempts, string? LastError, DateTimeOffset? At);

/// <param name="Id">The person's.</param>
/// <param name="Url">Whole for admins.</param>
/// <param name="Secret">Only in the answer that made or changed it.</param>
/// <param name="Budgets">Null: all.</param>
/// <param name="Thresholds">Null: all that the budgets tell.</param>
/// <param name="Kinds">Null: all; of a channel that watches chosen budgets those alone.</param>
/// <param name="BuiltIn">To the owners and admins; it cannot be deleted.</param>
public sealed record ChannelModel(
    Guid Id, string Type, string Name, string? Address, string? Url, string? Secret, IReadOnlyList<WatchedBudget>? Budgets, IReadOnlyList<int>? Thresholds,
    IReadOnlyList<string>? Kinds, bool Enabled, bool BuiltIn, string? OffReason, DateTimeOffset CreatedAt);

public sealed record WatchedBudget(string Scope, Guid Id);

public sealed record PricesModel(string Version, IReadOnlyList<ProviderNameModel> Providers, IReadOnlyList<ProviderPricesModel> Data, string? NextCursor);

/// <param name="Providers">In the price book's schema.</param>
public sealed record OwnPricesModel(long Revision, JsonElement Providers);

public sealed record ProviderNameModel(string Id, string Name);

public sealed record ProviderPricesModel(string Id, string Name, IReadOnlyList<ModelPricesModel> Prices);

public sealed record ModelPricesModel(string Id, string? Name, long? ContextWindowTokens, bool Deprecated, IReadOnlyList<DatedPricesModel> Prices);

/// <param name="From">In force from midnight UTC of this day on.</param>
/// <param name="Daily">In force at this time of each day, UTC.</param>
public sealed record DatedPricesModel(DateOnly? From, DailyModel? Daily, bool Now, IReadOnlyList<RateModel> Rates);

public sealed record DailyModel(TimeOnly Start, TimeOnly End);

/// <param name="Per">Units that it is the price of: 1,000,000 for tokens.</param>
public sealed record RateModel(string Class, decimal Usd, int Per, IReadOnlyList<TierModel> Tiers);

public sealed record TierModel(long AboveInputTokens, decimal Usd);

/// <param name="Status"><c>active</c> or <c>invited</c>.</param>
/// <param name="Link">Of an invitation, in the answer that made it.</param>
public sealed record MemberModel(Guid Id, string? Email, string? Name, string Role, string Status, DateTimeOffset? ExpiresAt, string? Link);

public sealed record MeModel(Guid Id, string Email, string Name, bool IsOperator, DateTimeOffset CreatedAt);

public sealed record SessionModel(Guid Id, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, string Address, string UserAgent, bool Current);

public sealed record GatewayModel(Guid Id, string Name, IReadOnlyList<Guid>? Workspaces, string? Token, DateTimeOffset CreatedAt, string? BrokerUser, string? BrokerUserState);

public sealed record AuditModel(
    Guid Id, DateTimeOffset At, string Action, AuditSubjectModel Subject, AuditActorModel Actor, string? From,
    System.Text.Json.Nodes.JsonObject? Before, System.Text.Json.Nodes.JsonObject? After);

public sealed record AuditSubjectModel(string Type, string Id, string? Name);

public sealed record AuditActorModel(string Type, string Id, string? Name, string? Email);
