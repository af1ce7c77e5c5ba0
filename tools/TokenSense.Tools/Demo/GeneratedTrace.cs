namespace TokenSense.Tools.Demo;

/// <summary>A made-up trace, the same on every machine and in every run, shaped like the Azure code trace of 2023.</summary>
public static class GeneratedTrace
{
    public const int RequestsDefault = 2_000;

    private const double ArrivalSecondsMean = 0.39;

    // What that trace has at these shares of its calls, the smallest first.
    private static readonly double[] Shares = [0, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99, 0.999, 1];
    private static readonly double[] Context = [3, 75, 147, 578, 1_469, 2_745, 5_194, 7_315, 7_436, 7_437, 7_437];
    private static readonly double[] Generated = [6, 6, 7, 9, 13, 24, 55, 90, 252, 831, 1_899];

    public static IReadOnlyList<TracedCall> Of(int requests)
    {
        var dice = new Dice(20231116);
        var calls = new List<TracedCall>(requests);
        var at = TimeSpan.Zero;
        for (var i = 0; i < requests; i++)
        {
            calls.Add(new(at, At(Context, dice.Next()), At(Generated, dice.Next())));
            at += TimeSpan.FromMilliseconds(Math.Round(-Math.Log(1 - dice.Next()) * ArrivalSecondsMean * 1_000));
        }
        return calls;
    }

    private static long At(double[] values, double share)
    {
        var above = Array.FindIndex(Shares, s => s > share);
        var part = (share - Shares[above - 1]) / (Shares[above] - Shares[above - 1]);
        return (long)Math.Round(values[above - 1] + part * (values[above] - values[above - 1]));
    }

    // SplitMix64: System.Random promises no sequence from one version of .NET to the next.
    private sealed class Dice(ulong state)
    {
        public double Next()
        {
            var z = state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
        }
    }
}
