using static TokenSense.KeyRegistry.People.PersonEvent;

namespace TokenSense.KeyRegistry.People;

public abstract record PersonCommand
{
    public sealed record Register(Guid Id, DateTimeOffset At) : PersonCommand;

    /// <param name="Revision">One more than the last.</param>
    public sealed record Describe(int Revision, DateTimeOffset At) : PersonCommand;

    /// <param name="Number">One more than the last.</param>
    public sealed record SetPassword(int Number, DateTimeOffset At) : PersonCommand;

    public sealed record Erase(DateTimeOffset At) : PersonCommand;
}

// Events are the stored format: members are added, never renamed or removed. That something changed, and never what: no name, no mail.
public abstract record PersonEvent
{
    public sealed record PersonRegistered(Guid Id, DateTimeOffset At) : PersonEvent;
    public sealed record PersonDescribed(int Revision, DateTimeOffset At) : PersonEvent;
    public sealed record PasswordSet(int Number, DateTimeOffset At) : PersonEvent;
    public sealed record PersonErased(DateTimeOffset At) : PersonEvent;
}

/// <summary>That somebody is known here: the stream <c>person-{id}</c>, folded. Who they are is in <see cref="Person"/>.</summary>
/// <param name="Revision">How often they were described anew.</param>
/// <param name="Passwords">How often their password was set anew.</param>
public sealed record Registration(Guid Id, int Revision, DateTimeOffset? ErasedAt, int Passwords = 0) : IEvolved<Registration, PersonEvent>
{
    public static string Stream(Guid id) => $"person-{id}";

    public static IEnumerable<PersonEvent> Decide(PersonCommand.Register c, Registration? person) =>
        person is null ? [new PersonRegistered(c.Id, c.At)] : [];

    public static IEnumerable<PersonEvent> Decide(PersonCommand.Describe c, Registration? person) =>
        person is { ErasedAt: null } known && c.Revision > known.Revision ? [new PersonDescribed(c.Revision, c.At)] : [];

    public static IEnumerable<PersonEvent> Decide(PersonCommand.SetPassword c, Registration? person) =>
        person is { ErasedAt: null } known && c.Number > known.Passwords ? [new PasswordSet(c.Number, c.At)] : [];

    public static IEnumerable<PersonEvent> Decide(PersonCommand.Erase c, Registration? person) =>
        person is { ErasedAt: null } ? [new PersonErased(c.At)] : [];

    public static Registration Evolve(Registration? person, PersonEvent happened) => (person, happened) switch
    {
        (null, PersonRegistered e) => new(e.Id, 0, null),
        ({ } p, PersonDescribed e) => p with { Revision = e.Revision },
        ({ } p, PasswordSet e) => p with { Passwords = e.Number },
        ({ } p, PersonErased e) => p with { ErasedAt = e.At },
        _ => throw new InvalidOperationException($"Registration cannot fold {happened.GetType().Name}."),
    };
}
