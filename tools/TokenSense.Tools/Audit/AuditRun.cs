using System.Diagnostics;
using Npgsql;
using Spectre.Console;

namespace TokenSense.Tools.Audit;

/// <summary>Law 10: folds what is stored from zero and compares it with every total that is kept or told. Shares no code with the services.</summary>
public static class AuditRun
{
    // So much may lie between a usage recorded and its spend; what is older should have been counted.
    private static readonly TimeSpan InFlightMax = TimeSpan.FromSeconds(60);

    public static async Task<int> Run(string? workspace, IAnsiConsole console, CancellationToken ct)
    {
        var clock = Stopwatch.StartNew();
        using var api = await ConsoleApi.SignIn(ct);
        var findings = new Findings();
        try
        {
            // Budgets first: whatever it has counted by then, Metering has recorded.
            await using var budgets = await EventDatabase.Open("budgets", ct);
            var only = workspace is null ? (Guid?)null : await Resolve(budgets, workspace, ct);
            var (spend, rows) = await new BudgetsAudit(budgets, only, findings).Run(ct);
            await using var metering = await EventDatabase.Open("metering", ct);
            var recorded = new MeteringAudit(metering, budgets, only, findings);
            var usage = await recorded.Run(budgets.At - InFlightMax, ct);
            UsageComparison.Spend(usage.Counted, spend.Months, findings);
            UsageComparison.Included(usage.Included, await RunTotal.All(budgets, only, ct), findings);
            var mine = await OwnWorkspaces.All(api, ct);
            var told = new ApiSpend(api, findings);
            await told.Compare(rows, mine, ct);
            var exported = new ApiExport(api, findings);
            await exported.Compare(usage.Days, await recorded.Revisions(ct), mine, ct);
            return Tell(console, findings, spend, usage, told, exported, clock.Elapsed);
        }
        catch (NpgsqlException e)
        {
            throw new CannotRunException($"The database gave up during the audit: {e.Message}", e);
        }
    }

    private static async Task<Guid> Resolve(EventDatabase budgets, string workspace, CancellationToken ct)
    {
        await foreach (var row in budgets.Read("select id from directory where kind = 'workspace' and (id = lower($1) or slug = $1)", [workspace], ct))
            return Guid.Parse(row.GetString(0));
        throw new CannotRunException($"There is no workspace {workspace}.");
    }

    private static int Tell(IAnsiConsole console, Findings findings, SpendFold spend, UsageFold usage, ApiSpend told, ApiExport exported, TimeSpan time)
    {
        if (usage.EventsInFlight > 0)
            console.WriteLine(
                $"In flight to Budgets: {Figures.Count(usage.LinesInFlight)} lines, {Figures.Usd(usage.InFlightUsd)}, in {Figures.Count(usage.EventsInFlight)} events.");
        if (told.MovedOn > 0) console.WriteLine($"Not compared with the API: {Figures.Count(told.MovedOn)} scopes moved on meanwhile.");
        if (exported.MovedOn > 0) console.WriteLine($"Not compared with the API: {Figures.Count(exported.MovedOn)} exports of months that moved on meanwhile.");
        if (told.NotAsked > 0) console.WriteLine($"Not compared with the API: {Figures.Count(told.NotAsked)} workspaces of which the owner is no member.");
        var figures =
            $"{Figures.Count(usage.Events)} events with {Figures.Count(usage.Lines)} lines recorded, {Figures.Usd(usage.CostUsd)}"
            + (usage.UnpricedLines > 0 ? $" and {Figures.Count(usage.UnpricedLines)} unpriced" : "")
            + $"; {Figures.Count(spend.Events)} events of {Figures.Count(spend.Months.Count)} spend scopes; {Figures.Count(usage.Days.Count)} rollup rows; "
            + $"{Figures.Count(told.Answers)} API answers and {Figures.Count(exported.Answers)} exports; {Figures.Seconds(time)}.";
        if (findings.Count == 0)
        {
            console.WriteLine($"No differences: {figures}");
            return ExitCode.Same;
        }
        findings.Write(console);
        console.WriteLine(findings.Count == 1 ? $"1 difference: {figures}" : $"{Figures.Count(findings.Count)} differences: {figures}");
        return ExitCode.Different;
    }
}
