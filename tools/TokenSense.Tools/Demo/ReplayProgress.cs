using Spectre.Console;

namespace TokenSense.Tools.Demo;

/// <summary>A bar in a terminal, a line every two seconds elsewhere.</summary>
public static class ReplayProgress
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BarEvery = TimeSpan.FromMilliseconds(100);

    public static async Task Show(IAnsiConsole console, Replay replay, int total, CancellationToken ct)
    {
        var run = replay.Run(ct);
        if (console.Profile.Out.IsTerminal && console.Profile.Capabilities.Interactive)
            await console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn()).StartAsync(async bars =>
            {
                var bar = bars.AddTask("replaying", maxValue: total);
                await Watch(BarEvery, () => bar.Value = replay.Done);
            });
        else
            await Watch(LineEvery, () => console.WriteLine($"{Figures.Count(replay.Done)} of {Figures.Count(total)} requests"));

        async Task Watch(TimeSpan every, Action tell)
        {
            while (await Task.WhenAny(run, Task.Delay(every, ct)) != run) tell();
            await run;
            tell();
        }
    }
}
