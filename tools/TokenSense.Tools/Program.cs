using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Spectre.Console;
using TokenSense.Tools;
using TokenSense.Tools.Audit;
using TokenSense.Tools.Demo;

// What reads the output of a pipe has no edge to wrap at.
if (!AnsiConsole.Profile.Out.IsTerminal) AnsiConsole.Profile.Width = 200;

var trace = new Option<FileInfo?>("--trace") { Description = "CSV with TIMESTAMP,ContextTokens,GeneratedTokens; made up, always the same, without one" };
var requests = new Option<int?>("--requests")
{
    Description = $"how many: the first of the trace, or made up ({GeneratedTrace.RequestsDefault} by default)",
    CustomParser = given => Read(given, int.TryParse(given.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0, n,
        "--requests must be a whole number of at least 1"),
};
var speed = new Option<decimal?>("--speed")
{
    Description = "keep the trace's arrival times, this many times faster; without it, as fast as is answered",
    CustomParser = given => Read(given, decimal.TryParse(given.Tokens[0].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var x) && x > 0, x,
        "--speed must be a number above 0"),
};
var demo = new Command("demo", "Replays a trace against the running stack: projects, budgets, alerts, 402s, and every cent compared.") { trace, requests, speed };
demo.SetAction((given, ct) => Run(stop =>
    DemoRun.Run(new(given.GetValue(trace)?.FullName, given.GetValue(requests), given.GetValue(speed)), AnsiConsole.Console, stop), ct));

var workspace = new Option<string?>("--workspace") { Description = "only this one, by id or slug" };
var audit = new Command("audit", "Derives every number again from the stored events and compares. Exits 1 where something differs.") { workspace };
audit.SetAction((given, ct) => Run(stop => AuditRun.Run(given.GetValue(workspace), AnsiConsole.Console, stop), ct));

var parsed = new RootCommand("TokenSense: a demonstration and an audit of a running stack.") { demo, audit }.Parse(args);
if (parsed.Errors is [var first, ..])
{
    Console.Error.WriteLine(first.Message);
    return ExitCode.CannotRun;
}
return await parsed.InvokeAsync(new() { ProcessTerminationTimeout = TimeSpan.FromSeconds(10), EnableDefaultExceptionHandler = false });

static async Task<int> Run(Func<CancellationToken, Task<int>> command, CancellationToken ct)
{
    try
    {
        return await command(ct);
    }
    catch (OperationCanceledException) when (ct.IsCancellationRequested)
    {
        return ExitCode.Interrupted;
    }
    catch (Exception cannot) when (cannot is CannotRunException or ApiRefusedException)
    {
        Console.Error.WriteLine(cannot.Message);
        return ExitCode.CannotRun;
    }
}

static T? Read<T>(ArgumentResult given, bool isValid, T value, string message) where T : struct
{
    if (isValid) return value;
    given.AddError(message);
    return null;
}
