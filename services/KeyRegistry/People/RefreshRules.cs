namespace TokenSense.KeyRegistry.People;

public enum RefreshVerdict
{
    Renew,

    /// <summary>The session is over by its age.</summary>
    Over,

    /// <summary>Somebody shows what was used already: it was stolen, before or now, and the session ends for both.</summary>
    Replayed,
}

/// <summary>What a shown refresh token is good for.</summary>
public static class RefreshRules
{
    public static readonly TimeSpan IdleMax = TimeSpan.FromDays(14), AgeMax = TimeSpan.FromDays(90);

    /// <summary>A lost answer and a second tab show a used one again, soon.</summary>
    public static readonly TimeSpan AgainMax = TimeSpan.FromSeconds(30);

    public const int UsesMax = 10;

    /// <param name="createdAt">The session.</param>
    /// <param name="lastUsedAt">The session.</param>
    /// <param name="usedAt">When this token was first used; null: never.</param>
    /// <param name="uses">How often it was.</param>
    /// <param name="now">The time.</param>
    public static RefreshVerdict Of(DateTimeOffset createdAt, DateTimeOffset lastUsedAt, DateTimeOffset? usedAt, int uses, DateTimeOffset now) =>
        now >= createdAt + AgeMax || now >= lastUsedAt + IdleMax ? RefreshVerdict.Over
        : usedAt is { } used && (now > used + AgainMax || uses >= UsesMax) ? RefreshVerdict.Replayed
        : RefreshVerdict.Renew;
}
