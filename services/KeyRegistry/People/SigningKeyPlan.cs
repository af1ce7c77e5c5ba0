namespace TokenSense.KeyRegistry.People;

/// <param name="SignsFrom">Not before it had arrived everywhere.</param>
public sealed record SigningKeyTimes(Guid Id, DateTimeOffset CreatedAt, DateTimeOffset SignsFrom);

/// <summary>What is to be done with the keys whose private half is still here.</summary>
/// <param name="Make">A new key that signs from then on; null: none.</param>
/// <param name="Retire">Keys that sign no more, and when the last token of each has ended.</param>
public sealed record SigningKeyPlan(DateTimeOffset? Make, IReadOnlyList<(Guid Id, DateTimeOffset NotAfter)> Retire)
{
    /// <summary>So long a process may go on with the key that it last read, and then some.</summary>
    public static readonly TimeSpan Handover = TimeSpan.FromSeconds(30);

    public bool IsEmpty => Make is null && Retire.Count == 0;

    /// <param name="keys">In any order.</param>
    /// <param name="period">After which a key is followed by the next.</param>
    /// <param name="publishFor">How long a new one is published before it signs.</param>
    /// <param name="asked">Somebody asks for a new one now.</param>
    /// <param name="now">The time.</param>
    public static SigningKeyPlan Of(IReadOnlyList<SigningKeyTimes> keys, TimeSpan period, TimeSpan publishFor, bool asked, DateTimeOffset now)
    {
        var pending = keys.Any(k => k.SignsFrom > now);
        var signing = keys.Where(k => k.SignsFrom <= now).MaxBy(k => (k.SignsFrom, k.Id));
        var make = !pending && (asked || signing is null || now >= signing.SignsFrom + period);
        var retire = signing is null || now < signing.SignsFrom + Handover
            ? []
            : keys.Where(k => k.SignsFrom <= now && k.Id != signing.Id).Select(k => (k.Id, now + EndedSessions.Remembered)).ToList();
        return new(make ? now + publishFor : null, retire);
    }
}
