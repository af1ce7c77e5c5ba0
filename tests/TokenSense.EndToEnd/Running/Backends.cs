using System.Diagnostics;

namespace TokenSense.EndToEnd.Running;

/// <summary>PostgreSQL and RabbitMQ for tests: those of the connection strings, or private ones that a test may kill.</summary>
public sealed class Backends
{
    private static readonly string Script = Path.Combine(Repository.Root, "deploy", "backends");
    private readonly string? _home;

    private Backends(string? home, string postgres, string rabbitMq, string? management) =>
        (_home, Postgres, RabbitMq, Management) = (home, postgres, rabbitMq, management);

    public string Postgres { get; }
    public string RabbitMq { get; }

    /// <summary>The broker's management API.</summary>
    public string? Management { get; }

    /// <summary>What the environment names; else native ones in the tests' home.</summary>
    public static async Task<Backends> Shared() =>
        (Environment.GetEnvironmentVariable("ConnectionStrings__Postgres"), Environment.GetEnvironmentVariable("ConnectionStrings__RabbitMq")) is ({ } postgres, { } rabbitMq)
            ? new Backends(null, postgres, rabbitMq, Environment.GetEnvironmentVariable("RabbitMq__ManagementUrl"))
            : await Private("shared");

    public static async Task<Backends> Private(string name)
    {
        var home = Path.Combine(Home, name);
        Directory.CreateDirectory(home);
        await Run("up", home);
        var settings = (await Run("env", home)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('=', 2)).ToDictionary(p => p[0], p => p[1].Trim());
        return new Backends(home, settings["ConnectionStrings__Postgres"], settings["ConnectionStrings__RabbitMq"], settings["RabbitMq__ManagementUrl"]);
    }

    /// <summary>Starts what does not run.</summary>
    public Task Up() => Run("up", _home!);

    public Task Kill(string backend) => Run("kill", _home!, backend);

    public Task Start(string backend) => Run("start", _home!, backend);

    public Task Purge() => _home is null ? Task.CompletedTask : Run("down", _home, "--purge");

    private static string Home => Environment.GetEnvironmentVariable("TOKENSENSE_TEST_HOME") ?? Path.Combine(Repository.Root, ".tokensense", "test");

    private static async Task<string> Run(params string[] arguments)
    {
        var start = new ProcessStartInfo(Script, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["TOKENSENSE_TEST_HOME"] = Home;
        using var process = Process.Start(start)!;
        // The daemons that it starts may keep its pipes open: wait for the script, not for their end.
        var (output, errors) = (new System.Text.StringBuilder(), new System.Text.StringBuilder());
        process.OutputDataReceived += (_, e) => { if (e.Data is not null) lock (output) output.AppendLine(e.Data); };
        process.ErrorDataReceived += (_, e) => { if (e.Data is not null) lock (errors) errors.AppendLine(e.Data); };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(180));
        while (!process.HasExited) await Task.Delay(20, deadline.Token);
        if (arguments[0] == "env") await process.WaitForExitAsync(deadline.Token);
        lock (output)
            lock (errors)
                return process.ExitCode == 0 ? output.ToString() : throw new InvalidOperationException($"deploy/backends {string.Join(' ', arguments)} failed: {errors}{output}");
    }
}

public static class Repository
{
    public static readonly string Root = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "global.json"))) folder = folder.Parent ?? throw new InvalidOperationException("Not inside the repository.");
        return folder.FullName;
    }
}
