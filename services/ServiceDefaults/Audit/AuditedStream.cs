using System.Text.Json;
using System.Text.Json.Nodes;

namespace TokenSense.ServiceDefaults.Audit;

/// <summary>One audited type of event.</summary>
/// <param name="Type">The name by which it is stored.</param>
/// <param name="Action">What it is called in the log.</param>
/// <param name="OfInstallation">What it is called there where it belongs to no workspace; null: the same.</param>
public sealed record AuditedChange(string Type, string Action, string? OfInstallation = null)
{
    public string ActionIn(Guid? workspaceId) => workspaceId is null ? OfInstallation ?? Action : Action;
}

/// <summary>How one kind of stream is told in the log: each change by what it changed of the folded state.</summary>
public sealed class AuditedStream
{
    private readonly Func<object, object?> _begin;
    private readonly Func<object?, object, object> _evolve;
    private readonly Func<object, AuditSubject> _subject;
    private readonly Func<object, JsonObject?> _view;
    private readonly Func<object, JsonObject?> _told;

    private AuditedStream(
        Type eventType, IReadOnlyList<AuditedChange> changes, Func<object, object?> begin, Func<object?, object, object> evolve, Func<object, AuditSubject> subject,
        Func<object, JsonObject?> view, Func<object, JsonObject?> told) =>
        (EventType, Changes, _begin, _evolve, _subject, _view, _told) = (eventType, changes, begin, evolve, subject, view, told);

    /// <summary>What all events of such streams are, the audited ones and the others.</summary>
    public Type EventType { get; }

    public IReadOnlyList<AuditedChange> Changes { get; }

    /// <param name="evolve">Folds.</param>
    /// <param name="subject">What the stream is of, by its state after the change.</param>
    /// <param name="view">The state in the API's terms, without anything secret; null: there is nothing (any more).</param>
    /// <param name="changes">Those of its events that somebody made.</param>
    /// <param name="begin">The state before the first event, told by it; null: there was nothing.</param>
    /// <param name="told">What an event itself says, beside what it changed; null: nothing.</param>
    public static AuditedStream Of<TState, TEvent>(
        Func<TState?, TEvent, TState> evolve, Func<TState, AuditSubject> subject, Func<TState, object?> view, IReadOnlyList<AuditedChange> changes,
        Func<TEvent, TState>? begin = null, Func<TEvent, object?>? told = null)
        where TState : class where TEvent : class => new(
        typeof(TEvent), changes, happened => begin?.Invoke((TEvent)happened), (state, happened) => evolve((TState?)state, (TEvent)happened), state => subject((TState)state),
        state => Json(view((TState)state)), happened => Json(told?.Invoke((TEvent)happened)));

    /// <summary>The state before a stream's first event.</summary>
    public object? Begin(object first) => _begin(first);

    public object Evolve(object? state, object happened) => _evolve(state, happened);

    /// <summary>What one event changed.</summary>
    /// <param name="before">The state until then; null: the event began the stream.</param>
    /// <param name="happened">The event.</param>
    /// <param name="after">The state since.</param>
    public (AuditSubject Subject, JsonObject? Before, JsonObject? After) Tell(object? before, object happened, object after)
    {
        var (was, @is) = (before is null ? null : _view(before), _view(after));
        if (was is not null && @is is not null)
        {
            foreach (var name in @is.Select(m => m.Key).Where(name => JsonNode.DeepEquals(was[name], @is[name])).ToList())
            {
                was.Remove(name);
                @is.Remove(name);
            }
        }
        if (_told(happened) is { } told)
        {
            @is ??= [];
            foreach (var (name, value) in told) @is[name] = value?.DeepClone();
        }
        return (_subject(after), was, @is);
    }

    private static JsonObject? Json(object? view) => view is null ? null : (JsonObject?)JsonSerializer.SerializeToNode(view, view.GetType(), Service.Json);
}

/// <summary>All events of a service's store: those that somebody made, and the facts that nobody did.</summary>
/// <param name="Streams">The first.</param>
/// <param name="MachineFacts">The names of the others, which are in no log.</param>
public sealed record AuditCatalog(IReadOnlyList<AuditedStream> Streams, IReadOnlyList<string> MachineFacts)
{
    /// <summary>In the order of their names: the index over them is named by it.</summary>
    public IReadOnlyList<string> Types { get; } = [.. Streams.SelectMany(s => s.Changes).Select(c => c.Type).Order(StringComparer.Ordinal)];

    private readonly Dictionary<string, (AuditedStream Stream, AuditedChange Change)> _byType =
        Streams.SelectMany(s => s.Changes.Select(c => (Stream: s, Change: c))).ToDictionary(c => c.Change.Type);

    public (AuditedStream Stream, AuditedChange Change) this[string type] => _byType[type];

    /// <summary>The types that a filter means: an action, or what actions begin with.</summary>
    public string[] TypesOf(string action, Guid? workspaceId) =>
        [.. Types.Where(t => _byType[t].Change.ActionIn(workspaceId) is var a && (a == action || a.StartsWith(action + '.', StringComparison.Ordinal)))];
}
