using TokenSense.Contracts;
using static TokenSense.KeyRegistry.People.SigningKeyEvent;

namespace TokenSense.KeyRegistry.People;

public abstract record SigningKeyCommand
{
    public sealed record Publish(Guid Id, string Jwk, DateTimeOffset At) : SigningKeyCommand;

    /// <param name="NotAfter">When the last token signed with it has ended.</param>
    public sealed record Retire(DateTimeOffset NotAfter, DateTimeOffset At) : SigningKeyCommand;
}

// Events are the stored format: members are added, never renamed or removed. Only the public half is ever in one.
public abstract record SigningKeyEvent
{
    public sealed record SigningKeyPublished(Guid Id, string Jwk, DateTimeOffset At) : SigningKeyEvent;
    public sealed record SigningKeyRetired(DateTimeOffset NotAfter, DateTimeOffset At) : SigningKeyEvent;
}

/// <summary>The public half of a key that signs access tokens: the stream <c>signing-key-{id}</c>, folded.</summary>
public sealed record SigningKey(Guid Id, string Jwk, DateTimeOffset? NotAfter = null) : IFolded<SigningKey, SigningKeyEvent>
{
    public static string Stream(Guid id) => $"signing-key-{id}";

    public static IEnumerable<SigningKeyEvent> Decide(SigningKeyCommand.Publish c, SigningKey? key) =>
        key is null ? [new SigningKeyPublished(c.Id, c.Jwk, c.At)] : [];

    public static IEnumerable<SigningKeyEvent> Decide(SigningKeyCommand.Retire c, SigningKey? key) =>
        key is { NotAfter: null } ? [new SigningKeyRetired(c.NotAfter, c.At)] : [];

    public static SigningKey Evolve(SigningKey? key, SigningKeyEvent happened) => (key, happened) switch
    {
        (null, SigningKeyPublished e) => new(e.Id, e.Jwk),
        ({ } k, SigningKeyRetired e) => k with { NotAfter = e.NotAfter },
        _ => throw new InvalidOperationException($"SigningKey cannot fold {happened.GetType().Name}."),
    };

    public object Contract(long version) => new SigningKeyChanged { SigningKeyId = Id, Jwk = Jwk, NotAfter = NotAfter, Version = version };
}
