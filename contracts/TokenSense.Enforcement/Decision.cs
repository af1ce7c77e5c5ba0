namespace TokenSense.Enforcement;

/// <summary>May this call be made? Allowed, with the budgets that apply, or refused with all that the error's body says.</summary>
public readonly record struct Decision
{
    /// <summary>Null: allowed.</summary>
    public Refusal? Refusal { get; private init; }

    public Guid WorkspaceId { get; private init; }

    /// <summary>Where the call counts besides the workspace; null: unassigned.</summary>
    public Guid? ProjectId { get; private init; }

    public Guid KeyId { get; private init; }

    /// <summary>Each of the three is null where that scope has no budget.</summary>
    public ScopeBudget? Workspace { get; private init; }

    public ScopeBudget? Project { get; private init; }
    public ScopeBudget? Key { get; private init; }

    public bool IsAllowed => Refusal is null;

    /// <summary>The budget with the least left.</summary>
    public ScopeBudget? Tightest => Tighter(Tighter(Workspace, Project), Key);

    /// <summary>At least one budget has reached 80 %.</summary>
    public bool IsWarning => Workspace is { IsWarning: true } || Project is { IsWarning: true } || Key is { IsWarning: true };

    public static Decision Refused(Refusal refusal) => new() { Refusal = refusal };

    internal static Decision Allowed(Guid workspaceId, Guid? projectId, Guid keyId, ScopeBudget? workspace, ScopeBudget? project, ScopeBudget? key) =>
        new() { WorkspaceId = workspaceId, ProjectId = projectId, KeyId = keyId, Workspace = workspace, Project = project, Key = key };

    private static ScopeBudget? Tighter(ScopeBudget? a, ScopeBudget? b) =>
        a is null ? b : b is null || a.RemainingUsd <= b.RemainingUsd ? a : b;
}

/// <summary>A refused call, in the members of the one error envelope; a null member is not written.</summary>
public sealed record Refusal(int Status, string Code, string Message, string Type)
{
    public const int RetryAfterSeconds = 5;

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
        new(503, "BUDGET_CHECK_UNAVAILABLE", "The budget cannot be checked now. This is not a billing decision, retry shortly.", "service_unavailable");

    public static Refusal InvalidRequest(string message, int status = 400) => new(status, "INVALID_REQUEST", message, "invalid_request_error");

    internal static Refusal Expired(DateTimeOffset at) =>
        new(401, "API_KEY_EXPIRED", "The TokenSense API key has expired.", "authentication_error") { ExpiredAt = at };

    /// <summary>Product decision 6: the code names the widest.</summary>
    internal static Refusal BudgetExceeded(IReadOnlyList<ScopeBudget> widestFirst) => widestFirst[0].Scope switch
    {
        Scopes.Workspace => new(402, "BUDGET_EXCEEDED", "Monthly workspace budget exceeded.", "billing_error") { Exhausted = widestFirst },
        Scopes.Project => new(402, "PROJECT_BUDGET_EXCEEDED", "Monthly project budget exceeded.", "billing_error") { Exhausted = widestFirst },
        _ => new(402, "KEY_BUDGET_EXCEEDED", "Monthly key budget exceeded.", "billing_error") { Exhausted = widestFirst },
    };
}

internal static class Scopes
{
    public const string Workspace = "workspace";
    public const string Project = "project";
    public const string Key = "key";
}
