namespace TokenSense.EndToEnd.Running;

/// <summary>This month in UTC. What is spent in it is looked for in it.</summary>
public static class Month
{
    // A test takes three at most, and some report what is five ahead.
    private static readonly TimeSpan Needed = TimeSpan.FromMinutes(6);

    public static DateTimeOffset Start
    {
        get
        {
            var now = DateTimeOffset.UtcNow;
            return new(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero);
        }
    }

    /// <summary>In the last minutes of a month a test waits for the next one: it would look for its spend where it is not.</summary>
    public static async Task HasTimeLeft()
    {
        var left = Start.AddMonths(1) - DateTimeOffset.UtcNow;
        if (left < Needed) await Task.Delay(left + TimeSpan.FromSeconds(1));
    }
}
