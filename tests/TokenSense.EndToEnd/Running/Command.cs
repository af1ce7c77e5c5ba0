using System.Diagnostics;
using System.Text;

namespace TokenSense.EndToEnd.Running;

/// <summary>A command run to its end, with what it printed.</summary>
public static class Command
{
    /// <summary>What a folder's package.json names. A registry out of reach for a moment is asked again.</summary>
    public static async Task NpmInstall(string folder)
    {
        for (var tries = 1; ; tries++)
        {
            // No script of a package is needed at its installation.
            var (code, output) = await Run("npm", ["install", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"], folder, secondsMax: 300);
            if (code == 0) return;
            if (tries == 3) throw new InvalidOperationException(output);
            await Task.Delay(TimeSpan.FromSeconds(5));
        }
    }

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
