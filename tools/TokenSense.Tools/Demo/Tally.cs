namespace TokenSense.Tools.Demo;

/// <summary>What a run saw at one scope, from its clients and from the providers' bill: the figures that the product's must equal.</summary>
/// <param name="firstRefusal">When this scope's budget was first said to be used up, since the replay began; null: never.</param>
public sealed class Tally(TimeSpan? firstRefusal = null)
{
    private decimal _servedUsdBefore;

    public long Requests { get; private set; }
    public long Allowed { get; private set; }
    public long InputTokens { get; private set; }
    public long OutputTokens { get; private set; }
    public decimal ServedUsd { get; private set; }
    public SortedDictionary<string, long> Refused { get; } = [];
    public SortedDictionary<string, long> Failed { get; } = [];

    /// <summary>Answers that said to come again, which the client did.</summary>
    public SortedDictionary<string, long> Waited { get; } = [];

    /// <summary>What client and provider do not agree on, or what a client may not be told.</summary>
    public SortedDictionary<string, long> Mistakes { get; } = [];

    /// <summary>What had been served, at most, when this scope's budget was first said to be used up: all calls that had begun by then.</summary>
    public decimal? ServedUsdAtFirstRefusal => firstRefusal is null ? null : _servedUsdBefore;

    public void Allow(long inputTokens, long outputTokens, decimal costUsd, TimeSpan from)
    {
        Requests++;
        Allowed++;
        InputTokens += inputTokens;
        OutputTokens += outputTokens;
        ServedUsd += costUsd;
        if (from < firstRefusal) _servedUsdBefore += costUsd;
    }

    public void Refuse(string code)
    {
        Requests++;
        Count(Refused, code);
    }

    public void Fail(string outcome)
    {
        Requests++;
        Count(Failed, outcome);
    }

    public void Wait(string outcome) => Count(Waited, outcome);

    public void Mistake(string what) => Count(Mistakes, what);

    private static void Count(SortedDictionary<string, long> counts, string name) => counts[name] = counts.GetValueOrDefault(name) + 1;
}
