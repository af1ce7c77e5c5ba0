using System.Diagnostics;
using System.Text;

namespace TokenSense.EndToEnd.Running;

/// <summary>A command run to its end, with what it printed.</summary>
public static class Command
{
    public static async Task<(int ExitCode, string Output)> Run(
        string program, IReadOnlyList<string> arguments, string? folder = null, string? input = null, IReadOnlyDictionary<string, string>? settings = null, int secondsMax = 180)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder ?? Repository.Root, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in settings ?? new Dictionary<string, string>()) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = new StringBuilder();
        void Keep(string? line) { if (line is not null) lock (output) output.AppendLine(line); }
        process.OutputDataReceived += (_, e) => Keep(e.Data);
        process.ErrorDataReceived += (_, e) => Keep(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (input is not null) await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(secondsMax));
        await process.WaitForExitAsync(deadline.Token);
        return (process.ExitCode, output.ToString());
    }
}
