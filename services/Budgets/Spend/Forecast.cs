namespace TokenSense.Budgets.Spend;

/// <summary>Linear from the days of the month so far (product decision 21); null before the third day.</summary>
public static class Forecast
{
    private static readonly TimeSpan Shortest = TimeSpan.FromDays(2);

    /// <returns>USD at the period's end rounded to cents, as it is an estimate; and when the budget will be reached, where it will be.</returns>
    public static (decimal? ForecastUsd, DateTimeOffset? CrossesAt) Of(
        decimal spentUsd, decimal? budgetUsd, DateTimeOffset startsAt, DateTimeOffset endsAt, DateTimeOffset now)
    {
        if (now - startsAt < Shortest || now >= endsAt) return (null, null);
        var rate = spentUsd / (now - startsAt).Ticks;
        var forecast = decimal.Round(rate * (endsAt - startsAt).Ticks, 2, MidpointRounding.ToEven);
        if (budgetUsd is not { } budget || rate <= 0 || spentUsd >= budget) return (forecast, null);
        var ticks = budget / rate;
        return (forecast, ticks < (endsAt - startsAt).Ticks ? startsAt.AddTicks((long)ticks) : null);
    }
}
