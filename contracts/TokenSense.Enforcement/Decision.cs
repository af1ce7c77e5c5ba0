namespace TokenSense.Enforcement;

/// <summary>May this call be made? Allowed, with the budgets that apply, or refused with all that the error's body says.</summary>
public readonly record struct Decision
{
    /// <summary>Null: allowed.</summary>
    public Refusal? Refusal { get; private init; }

    public Guid WorkspaceId { get; private init; }

    /// <summary>Where the call counts besides the workspace; null: unassigned.</summary>
    public Guid? ProjectId { get; private init; }

    /// <summary>Of a refused call it is there only where the key itself is good, and a budget or what is known of one refuses it; else empty.</summary>
    public Guid KeyId { get; private init; }

    /// <summary>Each of the three is null where that scope has no budget.</summary>
    public ScopeBudget? Workspace { get; private init; }

    public ScopeBudget? Project { get; private init; }
    public ScopeBudget? Key { get; private init; }

    public bool IsAllowed => Refusal is null;

    public bool HasBudget => Workspace is not null || Project is not null || Key is not null;

    /// <summary>The budget with the least left.</summary>
    public ScopeBudget? Tightest => Tighter(Tighter(Workspace, Project), Key);

    /// <summary>At least one budget has reached 80 %.</summary>
    public bool IsWarning => Workspace is { IsWarning: true } || Project is { IsWarning: true } || Key is { IsWarning: true };

    public static Decision Refused(Refusal refusal) => new() { Refusal = refusal };

    internal static Decision Refused(Refusal refusal, Guid keyId) => new() { Refusal = refusal, KeyId = keyId };

    /// <summary>Where this gateway's own usage is counted; null where refused.</summary>
    internal (WorkspaceEntry Workspace, ProjectEntry? Project, KeyEntry Key)? Entries { get; private init; }

    internal static Decision Allowed(
        WorkspaceEntry workspaceEntry, ProjectEntry? projectEntry, KeyEntry keyEntry, ScopeBudget? workspace, ScopeBudget? project, ScopeBudget? key) =>
        new()
        {
            WorkspaceId = workspaceEntry.Id, ProjectId = projectEntry?.Id, KeyId = keyEntry.Id, Workspace = workspace, Project = project, Key = key,
            Entries = (workspaceEntry, projectEntry, keyEntry),
        };

    private static ScopeBudget? Tighter(ScopeBudget? a, ScopeBudget? b) =>
        a is null ? b : b is null || a.RemainingUsd <= b.RemainingUsd ? a : b;
}

/// <summary>A refused call, in the members of the one error envelope; a null member is not written.</summary>
public sealed record Refusal(int Status, string Code, string Message, string Type)
{
    /// <summary>When the same call may succeed; null: it will not by itself.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>A machine's word for the kind of refusal, <c>budget_exceeded</c>; null where the code says it all.</summary>
    public string? ErrorClass { get; init; }

    /// <summary>How many calls the key may make in a minute, where that is why.</summary>
    public int? LimitPerMinute { get; init; }

    /// <summary>The provider at fault or missing, by its id in the price book.</summary>
    public string? Provider { get; init; }

    /// <summary>The provider's own HTTP status, where it answered.</summary>
    public int? ProviderStatus { get; init; }

    /// <summary>More about an invalid key: <c>project_archived</c>, <c>workspace_deleted</c> or <c>scope</c>.</summary>
    public string? Reason { get; init; }

    public DateTimeOffset? ExpiredAt { get; init; }

    /// <summary>The budgets that are used up, widest first; the code speaks of the first. Empty unless the status is 402.</summary>
    public IReadOnlyList<ScopeBudget> Exhausted { get; init; } = [];

    public static readonly Refusal InvalidApiKey = new(401, "INVALID_API_KEY", "Invalid or revoked TokenSense API key.", "authentication_error");
    internal static readonly Refusal WorkspaceDeleted = InvalidApiKey with { Reason = "workspace_deleted" };
    internal static readonly Refusal ProjectArchived = InvalidApiKey with { Reason = "project_archived" };
    internal static readonly Refusal ScopeMissing = InvalidApiKey with { Reason = "scope" };
    internal static readonly Refusal ProjectMismatch = new(400, "PROJECT_MISMATCH", "The API key belongs to another project.", "invalid_request_error");
    internal static readonly Refusal ProjectUnknown = InvalidRequest("The project is unknown or archived.");

    /// <summary>Not a billing decision: what is known is too old to decide on.</summary>
    public static readonly Refusal BudgetCheckUnavailable =
        new(503, "BUDGET_CHECK_UNAVAILABLE", "The budget cannot be checked now. This is not a billing decision, retry shortly.", "service_unavailable")
        {
            ErrorClass = "budget_check_unavailable", RetryAfterSeconds = 5,
        };

    /// <summary>Product decision 5: what is under way would pass the budget, and did not settle in time. Spend itself is below it.</summary>
    public static readonly Refusal BudgetSettling =
        new(429, "BUDGET_SETTLING", "The calls under way may use up the rest of the budget. Retry when they have settled.", "rate_limit_error") { RetryAfterSeconds = 1 };

    public static Refusal InvalidRequest(string message, int status = 400) => new(status, "INVALID_REQUEST", message, "invalid_request_error");

    internal static Refusal Expired(DateTimeOffset at) =>
        new(401, "API_KEY_EXPIRED", "The TokenSense API key has expired.", "authentication_error") { ExpiredAt = at };

    /// <summary>Product decision 6: the code names the widest.</summary>
    internal static Refusal BudgetExceeded(IReadOnlyList<ScopeBudget> widestFirst) => widestFirst[0].Scope switch
    {
        Scopes.Workspace => new(402, "BUDGET_EXCEEDED", "Monthly workspace budget exceeded.", "billing_error") { Exhausted = widestFirst, ErrorClass = "budget_exceeded" },
        Scopes.Project => new(402, "PROJECT_BUDGET_EXCEEDED", "Monthly project budget exceeded.", "billing_error") { Exhausted = widestFirst, ErrorClass = "budget_exceeded" },
        _ => new(402, "KEY_BUDGET_EXCEEDED", "Monthly key budget exceeded.", "billing_error") { Exhausted = widestFirst, ErrorClass = "budget_exceeded" },
    };
}

internal static class Scopes
{
    public const string Workspace = "workspace";
    public const string Project = "project";
    public const string Key = "key";
}
