using System.Globalization;

namespace TokenSense.Dashboard.Pages.Shared;

/// <summary>An axis from zero up: at most five steps of 1, 2 or 5 times a power of ten.</summary>
/// <param name="StepUsd">From one line to the next.</param>
/// <param name="Steps">One at least.</param>
public sealed record MoneyAxis(decimal StepUsd, int Steps)
{
    private const int StepsMax = 5;
    private const decimal Smallest = 0.000000000001m;

    public decimal TopUsd => StepUsd * Steps;

    /// <param name="largestUsd">What must be below its top.</param>
    public static MoneyAxis Of(decimal largestUsd)
    {
        if (largestUsd <= 0) return new(1, 1);
        for (var power = Smallest; ; power *= 10)
            foreach (var step in (ReadOnlySpan<decimal>)[power, 2 * power, 5 * power])
                if (largestUsd <= step * StepsMax) return new(step, (int)decimal.Ceiling(largestUsd / step));
    }

    /// <summary>How far up an amount is, in per cent of the axis, as a style sheet reads it.</summary>
    public string Height(decimal usd) => (Math.Max(usd, 0) / TopUsd * 100).ToString("0.###", CultureInfo.InvariantCulture) + "%";
}
