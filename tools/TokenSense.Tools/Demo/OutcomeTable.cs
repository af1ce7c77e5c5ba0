using System.Globalization;
using Spectre.Console;

namespace TokenSense.Tools.Demo;

/// <summary>A row for each project, one for the rest, one for the workspace.</summary>
public static class OutcomeTable
{
    public static void Write(IAnsiConsole console, IReadOnlyList<Outcome> outcomes)
    {
        // Every digit where there is room for them; all are compared in any case.
        var decimals = console.Profile.Width >= 100 ? 28 : 4;
        // Without lines between the columns it fits a terminal of 80.
        var table = new Table().Border(TableBorder.None).AddColumn("project", column => column.NoWrap().Padding(0, 0));
        foreach (var title in new[] { "requests", "allowed", "402", "spent", "budget", "%", "alerts", "overshoot" })
            table.AddColumn(title, column => column.RightAligned().NoWrap().Padding(1, 0));
        foreach (var o in outcomes)
            table.AddRow(
                new Text(o.Name), Cell(Figures.Count(o.Seen.Requests)), Cell(Figures.Count(o.Seen.Allowed)), Cell(Figures.Count(o.Refused)),
                Cell(Figures.Usd(decimal.Round(o.SpentUsd, decimals))), Cell(o.BudgetUsd is { } budget ? Figures.Usd(budget) : "–"), Cell(Percent(o)), Cell(Alerts(o)),
                Cell(o.OvershootUsd is { } over ? Figures.Usd(decimal.Round(over, decimals)) : "–"));
        console.Write(table);
    }

    private static Text Cell(string text) => new(text);

    private static string Percent(Outcome o) =>
        o.BudgetUsd is > 0 ? decimal.Round(o.SpentUsd * 100 / o.BudgetUsd.Value, 1, MidpointRounding.ToZero).ToString("0.0", CultureInfo.InvariantCulture) : "–";

    private static string Alerts(Outcome o) =>
        o.Crossings.Count == 0 ? "–" : string.Join(' ', o.Crossings.OrderBy(c => c.Key).Select(c => c.Value == 1 ? $"{c.Key}" : $"{c.Key}×{c.Value}"));
}
