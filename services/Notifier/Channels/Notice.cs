using TokenSense.Contracts;

namespace TokenSense.Notifier.Channels;

/// <summary>What one message to one receiver says: an alert, or those of one scope and month that were still unsent together (product decision 18).</summary>
/// <param name="MessageId">Stays the same over every retry; a receiver tells repeats by it.</param>
/// <param name="WorkspaceSlug">Names the workspace in addresses.</param>
/// <param name="Zone">The workspace's, for times that people read.</param>
/// <param name="Alerts">At least one; of several the one with the highest threshold first.</param>
/// <param name="ConsoleUrl">Where links lead, without a slash at its end.</param>
public sealed record Notice(
    Guid MessageId, Guid WorkspaceId, string WorkspaceName, string WorkspaceSlug, TimeZoneInfo Zone, IReadOnlyList<AlertFacts> Alerts, Uri ConsoleUrl);

/// <summary>What is known of an alert.</summary>
/// <param name="Kind">One of <see cref="AlertKind"/>.</param>
/// <param name="Threshold">Percent of the budget.</param>
/// <param name="Scope"><c>workspace</c>, <c>project</c>, <c>key</c>, <c>model</c>, <c>gateway</c> or <c>channel</c>.</param>
/// <param name="Mode">The budget's: <c>block</c>, <c>strict</c> or <c>alert</c>.</param>
/// <param name="Period"><c>yyyy-MM</c>.</param>
/// <param name="ResetsAt">When the budget's month ends.</param>
/// <param name="CrossedBy">The usage that crossed; null where a budget was set below what was spent.</param>
/// <param name="ResolvedAt">Since when it no longer holds; null: it does.</param>
/// <param name="Detail">One sentence of the kind's own: what was wrong with a line, what a receiver answered.</param>
public sealed record AlertFacts(
    Guid Id, string Kind, int? Threshold, string Scope, Guid? ScopeId, string ScopeName, string? Mode, string? Period, decimal? SpentUsd,
    decimal? BudgetUsd, DateTimeOffset At, DateTimeOffset? ResetsAt, UsageReference? CrossedBy, string? Detail, DateTimeOffset? ResolvedAt = null);

/// <summary>What became of an attempt.</summary>
public abstract record Outcome
{
    public sealed record Delivered : Outcome;

    /// <summary>The receiver is there and does not want this message; others may fare better.</summary>
    /// <param name="Reason">No address and no secret in it.</param>
    public sealed record Refused(string Reason) : Outcome;

    /// <summary>It could not even be tried, so nothing is known of the receiver.</summary>
    public sealed record Unsent(string Reason) : Outcome;

    /// <summary>It leads nowhere any more: the channel, the member or the workspace is gone.</summary>
    public sealed record Nowhere(string Reason) : Outcome;

    /// <summary>Whom it is for is not known here yet.</summary>
    public sealed record NotYet(string Reason) : Outcome;

    /// <summary>The receiver is not there, or overloaded: whatever else is for it waits with this.</summary>
    /// <param name="Reason">No address and no secret in it.</param>
    /// <param name="RetryAfter">As the receiver asked.</param>
    public sealed record Unreachable(string Reason, TimeSpan? RetryAfter = null) : Outcome;

    /// <summary>The receiver wants no more, ever (HTTP 410): its channel is switched off.</summary>
    public sealed record Gone(string Reason) : Outcome;
}
