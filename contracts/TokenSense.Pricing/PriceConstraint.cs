namespace TokenSense.Pricing;

/// <summary>When prices count: from a date on, or at a time of the day. Both in UTC.</summary>
public abstract record PriceConstraint
{
    private PriceConstraint() { }

    internal abstract bool Holds(DateTimeOffset at);

    /// <summary>From midnight UTC of <paramref name="Date"/> on.</summary>
    public sealed record FromDate(DateOnly Date) : PriceConstraint
    {
        internal override bool Holds(DateTimeOffset at) => DateOnly.FromDateTime(at.UtcDateTime) >= Date;
    }

    /// <summary>Each day from the start until before the end, in UTC; over midnight where the end comes first.</summary>
    public sealed record TimeOfDay(TimeOnly StartUtc, TimeOnly EndUtc) : PriceConstraint
    {
        internal override bool Holds(DateTimeOffset at)
        {
            var time = TimeOnly.FromDateTime(at.UtcDateTime);
            return EndUtc < StartUtc ? time >= StartUtc || time < EndUtc : time >= StartUtc && time < EndUtc;
        }
    }
}
