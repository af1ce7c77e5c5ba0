using System.Globalization;

namespace TokenSense.Benchmarks;

/// <summary>What a benchmark found.</summary>
/// <param name="Name">The benchmark's.</param>
/// <param name="Value">What the product does.</param>
/// <param name="Baseline">What it is held against.</param>
/// <param name="Unit">Of both.</param>
/// <param name="RatioMin">The least ratio that bears out the decision; null: there is no target yet.</param>
/// <param name="Details">Rows of a table.</param>
internal sealed record Finding(string Name, double Value, double Baseline, string Unit, double? RatioMin, IReadOnlyList<Row> Details)
{
    public double Ratio => Math.Round(Value / Baseline, 2);
    public bool Met => RatioMin is null || Ratio >= RatioMin;

    private string Verdict => RatioMin is null ? "no target yet" : string.Create(CultureInfo.InvariantCulture, $"{(Met ? "met" : "NOT met")}: at least {RatioMin}");

    public void Print()
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Name}: {Value:N0} {Unit}, baseline {Baseline:N0}, ratio {Ratio} ({Verdict})"));
        foreach (var row in Details)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {row.Case,-22} {row.What,-44} {row.Value,10:0.#}  baseline {row.Baseline,10:0.#}  {row.Unit}"));
        Console.WriteLine();
    }
}

internal sealed record Row(string Case, string What, double Value, double Baseline, string Unit);
