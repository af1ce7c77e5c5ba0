namespace TokenSense.Tools.Demo;

/// <summary>What a run saw at one scope, counted by itself: the figures that the product's must equal.</summary>
public sealed class Tally
{
    public long Requests { get; private set; }
    public long Allowed { get; private set; }
    public long InputTokens { get; private set; }
    public long OutputTokens { get; private set; }
    public decimal ServedUsd { get; private set; }
    public long ConfirmedLines { get; private set; }
    public decimal ConfirmedUsd { get; private set; }
    public SortedDictionary<string, long> Refused { get; } = [];
    public SortedDictionary<string, long> Failed { get; } = [];

    /// <summary>What had been allowed when this scope's budget was first said to be used up.</summary>
    public decimal? ServedUsdAtFirstRefusal { get; private set; }

    public void Allow(TracedCall call, decimal costUsd)
    {
        Requests++;
        Allowed++;
        InputTokens += call.ContextTokens;
        OutputTokens += call.GeneratedTokens;
        ServedUsd += costUsd;
    }

    public void Confirm(decimal costUsd)
    {
        ConfirmedLines++;
        ConfirmedUsd += costUsd;
    }

    public void Refuse(string code, bool byThisBudget)
    {
        Requests++;
        Refused[code] = Refused.GetValueOrDefault(code) + 1;
        if (byThisBudget) ServedUsdAtFirstRefusal ??= ServedUsd;
    }

    public void Fail(string outcome)
    {
        Requests++;
        FailAfterAll(outcome);
    }

    /// <summary>A call that was counted as allowed could not be reported.</summary>
    public void FailAfterAll(string outcome) => Failed[outcome] = Failed.GetValueOrDefault(outcome) + 1;
}
