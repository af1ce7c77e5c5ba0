using System.Collections.Immutable;
using static TokenSense.KeyRegistry.People.SessionEvent;

namespace TokenSense.KeyRegistry.People;

public abstract record SessionCommand
{
    /// <param name="Sessions">Of which an access token may still be alive.</param>
    public sealed record End(Guid UserId, ImmutableArray<Guid> Sessions, DateTimeOffset At) : SessionCommand;
}

// Events are the stored format: members are added, never renamed or removed.
public abstract record SessionEvent
{
    public sealed record SessionsEnded(Guid UserId, ImmutableArray<Guid> Sessions, DateTimeOffset At) : SessionEvent;
}

/// <summary>Which sessions of a person ended lately: the stream <c>sessions-{user}</c>, folded. It stays small, whatever ends.</summary>
/// <param name="AllUntil">Set where too many ended at once to name them: every token issued until then is refused, and living sessions get new ones.</param>
public sealed record EndedSessions(Guid UserId, ImmutableArray<(Guid Id, DateTimeOffset At)> Lately, DateTimeOffset? AllUntil)
    : IFolded<EndedSessions, SessionEvent>
{
    /// <summary>How long an access token lives.</summary>
    public static readonly TimeSpan TokenLifetime = TimeSpan.FromMinutes(15);

    /// <summary>So long after its end a session has no living token at any service, clocks that differ a little included.</summary>
    public static readonly TimeSpan Remembered = TokenLifetime + TimeSpan.FromMinutes(1);

    public const int NamedMax = 100;

    public static string Stream(Guid userId) => $"sessions-{userId}";

    public static IEnumerable<SessionEvent> Decide(SessionCommand.End c, EndedSessions? ended)
    {
        ImmutableArray<Guid> living = [.. c.Sessions.Where(id => ended is null || ended.Lately.All(known => known.Id != id))];
        return living.IsEmpty || (ended?.AllUntil >= c.At) ? [] : [new SessionsEnded(c.UserId, living, c.At)];
    }

    public static EndedSessions Evolve(EndedSessions? ended, SessionEvent happened) => happened switch
    {
        SessionsEnded e => After(ended ?? new(e.UserId, [], null), e),
        _ => throw new InvalidOperationException($"EndedSessions cannot fold {happened.GetType().Name}."),
    };

    public object Contract(long version) => new Contracts.SessionsEnded
    {
        UserId = UserId, Sessions = [.. Lately.Select(session => session.Id)], AllUntil = AllUntil, Version = version,
    };

    private static EndedSessions After(EndedSessions before, SessionsEnded e)
    {
        ImmutableArray<(Guid, DateTimeOffset)> lately =
            [.. before.Lately.Where(session => session.At > e.At - Remembered), .. e.Sessions.Select(id => (id, e.At))];
        return lately.Length > NamedMax ? new(before.UserId, [], e.At) : before with { Lately = lately };
    }
}
