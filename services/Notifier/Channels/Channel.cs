using System.Collections.Immutable;
using TokenSense.Contracts;
using TokenSense.Notifier.Alerts;
using TokenSense.ServiceDefaults;
using static TokenSense.Notifier.Channels.ChannelEvent;

namespace TokenSense.Notifier.Channels;

public sealed record CreateChannel(Guid Id, Guid WorkspaceId, string Type, ChannelTerms Terms, bool BuiltIn, DateTimeOffset At);
public sealed record ChangeChannel(ChannelTerms Terms, bool TargetChanged, DateTimeOffset At);
public sealed record SwitchOffChannel(string Reason, DateTimeOffset At);
public sealed record DeleteChannel(DateTimeOffset At);

/// <summary>What a channel is called and what it watches.</summary>
/// <param name="Budgets">Null: all.</param>
/// <param name="Thresholds">Percent; null: all that the budgets tell.</param>
/// <param name="Kinds">Of <see cref="AlertKind"/>; null: all, or of a channel that watches chosen budgets those alone.</param>
public sealed record ChannelTerms(string Name, bool Enabled, ImmutableArray<WatchedBudget>? Budgets, ImmutableArray<int>? Thresholds, ImmutableArray<string>? Kinds)
{
    public bool Same(ChannelTerms other) =>
        Name == other.Name && Enabled == other.Enabled && Equal(Budgets, other.Budgets) && Equal(Thresholds, other.Thresholds) && Equal(Kinds, other.Kinds);

    private static bool Equal<T>(ImmutableArray<T>? one, ImmutableArray<T>? other) =>
        one is { } a && other is { } b ? a.SequenceEqual(b) : one is null && other is null;
}

/// <param name="Scope"><c>workspace</c>, <c>project</c> or <c>key</c>.</param>
public sealed record WatchedBudget(string Scope, Guid Id);

// Events are the stored format: members are added, never renamed or removed. Addresses and secrets are not in it.
public abstract record ChannelEvent
{
    public sealed record ChannelCreated(Guid Id, Guid WorkspaceId, string Type, ChannelTerms Terms, bool BuiltIn, DateTimeOffset At) : ChannelEvent;
    public sealed record ChannelChanged(ChannelTerms Terms, bool TargetChanged, DateTimeOffset At) : ChannelEvent;

    /// <summary>The receiver said that it wants no more.</summary>
    public sealed record ChannelSwitchedOff(string Reason, DateTimeOffset At) : ChannelEvent;

    public sealed record ChannelDeleted(DateTimeOffset At) : ChannelEvent;
}

/// <summary>Where alerts go: the stream <c>channel-{id}</c>, folded.</summary>
/// <param name="BuiltIn">The one to the workspace's owners and admins: it can be limited and switched off, and not deleted.</param>
/// <param name="OffReason">Why it was switched off by itself.</param>
public sealed record Channel(
    Guid Id, Guid WorkspaceId, string Type, ChannelTerms Terms, bool BuiltIn, string? OffReason, bool Deleted, DateTimeOffset CreatedAt, long Version)
{
    public const string Email = "email", Webhook = "webhook", Slack = "slack";
    public const string OwnersName = "Owners and admins";
    public static readonly ImmutableArray<string> Types = [Email, Webhook, Slack];

    public static string Stream(Guid id) => $"channel-{id}";

    /// <summary>What every workspace starts with, whether or not anybody ever changed it.</summary>
    public static Channel Owners(Guid workspaceId, DateTimeOffset createdAt) => new(
        NamedId.Of(workspaceId, "owners"), workspaceId, Email, new(OwnersName, true, null, null, null), true, null, false, createdAt, 0);

    /// <summary>Who receives: a receiver that is away holds up what is for it and nothing else. All mail goes through one server.</summary>
    public string Receiver => Type == Email ? "smtp" : $"channel:{Id}";

    public bool Watches(AlertSubject subject)
    {
        if (!Terms.Enabled || Deleted) return false;
        if (Terms.Kinds is { } kinds && !kinds.Contains(subject.Kind)) return false;
        if (subject.Kind != AlertKind.BudgetThreshold) return Terms.Kinds is not null || Terms.Budgets is null;
        return (Terms.Budgets is not { } budgets || budgets.Any(b => b.Scope == subject.Scope && b.Id == subject.ScopeId))
            && (Terms.Thresholds is not { } thresholds || thresholds.Contains(subject.Threshold ?? 0));
    }

    public static IEnumerable<ChannelEvent> Decide(CreateChannel c, Channel? channel) =>
        channel is null or { Version: 0 } ? [new ChannelCreated(c.Id, c.WorkspaceId, c.Type, c.Terms, c.BuiltIn, c.At)] : [];

    public static IEnumerable<ChannelEvent> Decide(ChangeChannel c, Channel channel) =>
        channel.Deleted || (c.Terms.Same(channel.Terms) && !c.TargetChanged) ? [] : [new ChannelChanged(c.Terms, c.TargetChanged, c.At)];

    public static IEnumerable<ChannelEvent> Decide(SwitchOffChannel c, Channel channel) =>
        channel is { Deleted: false, Terms.Enabled: true } ? [new ChannelSwitchedOff(c.Reason, c.At)] : [];

    public static IEnumerable<ChannelEvent> Decide(DeleteChannel c, Channel channel) =>
        channel is { Deleted: false, BuiltIn: false } ? [new ChannelDeleted(c.At)] : [];

    public static Channel Evolve(Channel? channel, ChannelEvent happened) => (channel, happened) switch
    {
        (null or { Version: 0 }, ChannelCreated e) => new(e.Id, e.WorkspaceId, e.Type, e.Terms, e.BuiltIn, null, false, e.At, 1),
        ({ } c, ChannelChanged e) => c with { Terms = e.Terms, OffReason = e.Terms.Enabled ? null : c.OffReason, Version = c.Version + 1 },
        ({ } c, ChannelSwitchedOff e) => c with { Terms = c.Terms with { Enabled = false }, OffReason = e.Reason, Version = c.Version + 1 },
        ({ } c, ChannelDeleted) => c with { Deleted = true, Version = c.Version + 1 },
        _ => throw new InvalidOperationException($"Channel cannot fold {happened.GetType().Name}."),
    };
}
