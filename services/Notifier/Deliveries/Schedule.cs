namespace TokenSense.Notifier.Deliveries;

/// <summary>When what was not delivered is tried again: the schedule of Standard Webhooks, for every kind of channel.</summary>
public static class Schedule
{
    // At once, then after each of these: 75 h 35 min in all.
    private static readonly TimeSpan[] Waits =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5),
        TimeSpan.FromHours(10), TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24),
    ];

    private static readonly TimeSpan[] Probes = [TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(1)];

    private static readonly TimeSpan ProbeMax = TimeSpan.FromMinutes(5);

    /// <summary>80 and 100 crossed by one usage arrive as two messages: this long they wait for each other.</summary>
    public static readonly TimeSpan GatherMax = TimeSpan.FromMilliseconds(150);

    /// <summary>A message that could not be brought to a receiver in all that time is given up.</summary>
    public static readonly TimeSpan LifetimeMax = Waits.Aggregate(TimeSpan.Zero, (sum, wait) => sum + wait);

    /// <param name="attempts">Those that the receiver has refused so far, this one included.</param>
    /// <returns>Null: it is given up.</returns>
    public static TimeSpan? AfterRefusal(int attempts) => attempts <= Waits.Length ? Waits[attempts - 1] : null;

    /// <summary>While a receiver is away one message at a time looks whether it is back; all others wait for that.</summary>
    /// <param name="failures">In a row.</param>
    /// <param name="asked">What the receiver asked for; at most a day.</param>
    public static TimeSpan UntilProbe(int failures, TimeSpan? asked)
    {
        var wait = failures <= Probes.Length ? Probes[failures - 1] : ProbeMax;
        if (asked is not { } longer || longer <= wait) return wait;
        return longer < TimeSpan.FromHours(24) ? longer : TimeSpan.FromHours(24);
    }

    /// <summary>Spread by a tenth either way, so that many do not come back in one moment.</summary>
    public static TimeSpan Spread(TimeSpan wait, double random) => wait * (0.9 + (0.2 * random));
}
