using Marten;
using Npgsql;
using TokenSense.Contracts;

namespace TokenSense.Notifier.Alerts;

/// <summary>Raises and resolves alerts, each change in one transaction.</summary>
public sealed class AlertDesk(NpgsqlDataSource database, IDocumentStore store, Recipients.Recipients recipients, TimeProvider clock)
{
    private const string By = "notifier";

    /// <param name="id">The same for the same thing: raised twice is raised once.</param>
    /// <param name="workspaceId">Whose.</param>
    /// <param name="subject">What it is about.</param>
    /// <param name="at">When it happened.</param>
    /// <param name="unlessOpen">Of a thing that goes on: nothing while an alert of its kind and scope stands unresolved and undismissed.</param>
    /// <param name="except">A channel that it must not be sent through.</param>
    /// <param name="ct">Stops it.</param>
    public async Task Raise(Guid id, Guid workspaceId, AlertSubject subject, DateTimeOffset at, bool unlessOpen, Guid? except, CancellationToken ct)
    {
        // Asked before anything is locked: of a thing that goes on there may be very many.
        if (unlessOpen && await AlertRows.AnyOpen(database, workspaceId, subject, ct)) return;
        var to = await recipients.Of(workspaceId, id, subject, except, ct);
        await using var ledger = await AlertLedger.Open(database, store, workspaceId, By, null, ct);
        if (await ledger.Load(id, ct) is not null) return;
        if (unlessOpen && (await ledger.Unresolved(subject.Kind, subject.Scope, subject.ScopeId, subject.ScopeName, ct)).Any(a => a.Status == "open")) return;
        ledger.Record(null, Alert.Decide(new Raise(id, workspaceId, subject, at, await Clearing.Last(ledger.Transaction, workspaceId, subject, ct), [.. to]), null));
        await ledger.Save(clock.GetUtcNow(), ct);
    }

    /// <summary>Resolves what a threshold's clearing came after, and remembers it for a crossing that it may have overtaken.</summary>
    public async Task Clear(ThresholdCleared cleared, CancellationToken ct)
    {
        await using var ledger = await AlertLedger.Open(database, store, cleared.WorkspaceId, By, null, ct);
        foreach (var alert in await ledger.Unresolved(AlertKind.BudgetThreshold, cleared.Scope, cleared.ScopeId, null, ct))
            if (alert.Subject.Period == cleared.Period && alert.Subject.Threshold == cleared.Threshold
                && (alert.Subject.Version < cleared.Version || alert.RaisedAt < cleared.ClearedAt))
                ledger.Record(alert, Alert.Decide(new Resolve(cleared.ClearedAt), alert));
        await Clearing.Remember(ledger.Transaction, cleared, ct);
        await ledger.Save(clock.GetUtcNow(), ct);
    }

    /// <summary>A month is over, and what was told of its budgets and models with it.</summary>
    public async Task End(Guid workspaceId, string kind, string scope, Guid? scopeId, string? scopeName, string period, CancellationToken ct)
    {
        await using var ledger = await AlertLedger.Open(database, store, workspaceId, By, null, ct);
        foreach (var alert in await ledger.Unresolved(kind, scope, scopeId, scopeName, ct))
            if (alert.Subject.Period == period && alert.Subject.ResetsAt is { } at && at <= clock.GetUtcNow()) ledger.Record(alert, Alert.Decide(new Resolve(at), alert));
        await ledger.Save(clock.GetUtcNow(), ct);
    }

    public Task Resolve(Guid workspaceId, string kind, string scope, Guid? scopeId, string? scopeName, CancellationToken ct) =>
        Resolve(workspaceId, kind, scope, scopeId, scopeName, _ => true, ct);

    /// <param name="workspaceId">Whose.</param>
    /// <param name="kind">See <see cref="AlertKind"/>.</param>
    /// <param name="scope">With its id or name, as they were raised.</param>
    /// <param name="scopeId">As above.</param>
    /// <param name="scopeName">As above.</param>
    /// <param name="isOver">Of those that stand unresolved.</param>
    /// <param name="ct">Stops it.</param>
    public async Task Resolve(Guid workspaceId, string kind, string scope, Guid? scopeId, string? scopeName, Func<Alert, bool> isOver, CancellationToken ct)
    {
        await using var ledger = await AlertLedger.Open(database, store, workspaceId, By, null, ct);
        foreach (var alert in (await ledger.Unresolved(kind, scope, scopeId, scopeName, ct)).Where(isOver)) ledger.Record(alert, Alert.Decide(new Resolve(clock.GetUtcNow()), alert));
        await ledger.Save(clock.GetUtcNow(), ct);
    }
}
