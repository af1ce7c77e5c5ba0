using static TokenSense.Metering.Usage.KeptLineEvent;

namespace TokenSense.Metering.Usage;

// Commands carry everything a decision needs: nothing in this file reads a clock, a bus or a database.
public sealed record DismissLine(KeptLineName Line, DateTimeOffset At);

/// <param name="Status">What became of it, as in the answer of <c>POST /api/v1/usage</c>.</param>
/// <param name="Code">Why it was rejected again; null: it was not.</param>
public sealed record RetryLine(KeptLineName Line, string Status, string? Code, DateTimeOffset At);

/// <param name="Kind"><c>conflict</c> or <c>rejected</c>.</param>
/// <param name="UsageId">As its reporter named it; null where it did not.</param>
public sealed record KeptLineName(Guid Id, string Kind, string? Source, string? UsageId, string Code);

// Events are the stored format: members are added, never renamed or removed.
public abstract record KeptLineEvent(KeptLineName Line)
{
    public sealed record LineDismissed(KeptLineName Line, DateTimeOffset At) : KeptLineEvent(Line);
    public sealed record LineRetried(KeptLineName Line, string Status, string? Code, DateTimeOffset At) : KeptLineEvent(Line);
}

/// <summary>What somebody did with a line that was kept aside: the stream <c>kept-{id}</c>, folded.</summary>
/// <param name="Status"><c>kept</c>, <c>dismissed</c>, or once it was taken again what became of it.</param>
/// <param name="Code">Why it is kept; null: it was taken.</param>
public sealed record KeptLine(Guid Id, string? UsageId, string Status, string? Code)
{
    public const string Kept = "kept", Dismissed = "dismissed";

    public static string Stream(Guid id) => $"kept-{id}";

    /// <summary>Before anybody did anything.</summary>
    public static KeptLine New(KeptLineName line) => new(line.Id, line.UsageId, Kept, line.Code);

    public static IEnumerable<KeptLineEvent> Decide(DismissLine c, KeptLine line) => line.Status == Kept ? [new LineDismissed(c.Line, c.At)] : [];

    public static IEnumerable<KeptLineEvent> Decide(RetryLine c, KeptLine line) => line.Status == Kept ? [new LineRetried(c.Line, c.Status, c.Code, c.At)] : [];

    public static KeptLine Evolve(KeptLine line, KeptLineEvent happened) => happened switch
    {
        LineDismissed => line with { Status = Dismissed },
        LineRetried { Code: { } code } => line with { Code = code },
        LineRetried e => line with { Status = e.Status, Code = null },
        _ => throw new InvalidOperationException($"KeptLine cannot fold {happened.GetType().Name}."),
    };
}
