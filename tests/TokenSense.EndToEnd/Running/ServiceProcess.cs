using System.Diagnostics;
using System.Net;
using System.Text;

namespace TokenSense.EndToEnd.Running;

/// <summary>One service, or the simulator of providers, as a process of its own, which a test may kill and start again.</summary>
public sealed class ServiceProcess(string name, IReadOnlyDictionary<string, string> settings) : IAsyncDisposable
{
    public const string Simulator = "Simulator";

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };
    public static readonly string Configuration =
        AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}") ? "Release" : "Debug";

    private readonly StringBuilder _log = new();
    private Process? _process;

    public string Url { get; } = $"http://127.0.0.1:{Ports.Free()}";

    /// <summary>Where it keeps its data, a gateway its journal: outlives <see cref="Kill"/>, and is gone with <see cref="DisposeAsync"/>.</summary>
    public string Home { get; } = Directory.CreateTempSubdirectory($"tokensense-{name}-").FullName;

    public bool IsRunning => _process is { HasExited: false };
    public int ProcessId => _process!.Id;
    public string Log { get { lock (_log) return _log.ToString(); } }

    public void Launch()
    {
        var folder = Path.Combine(Repository.Root, name is Simulator or "Benchmarks" ? $"tests/TokenSense.{name}" : $"services/{name}");
        var start = new ProcessStartInfo("dotnet", [Path.Combine(folder, "bin", Configuration, "net10.0", $"TokenSense.{name}.dll")])
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (key, value) in settings) start.Environment[key] = value;
        start.Environment["ASPNETCORE_URLS"] = Url;
        start.Environment["TOKENSENSE_HOME"] = Home;
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{name} did not start.");
        _process.OutputDataReceived += (_, e) => { lock (_log) _log.AppendLine(e.Data); };
        _process.ErrorDataReceived += (_, e) => { lock (_log) _log.AppendLine(e.Data); };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public async Task UntilHealthy(int secondsMax = 120)
    {
        try
        {
            // Somebody else may answer there: what has ended is not healthy.
            await Until.Seen(async () => (await Http.GetAsync($"{Url}/health")).StatusCode, status => IsRunning && status == HttpStatusCode.OK, $"health of {name}", secondsMax);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{Log[^Math.Min(Log.Length, 4_000)..]}");
        }
    }

    /// <summary>SIGKILL: no goodbye.</summary>
    public async Task Kill()
    {
        if (_process is null || _process.HasExited) return;
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM: it ends in order.</summary>
    public async Task End()
    {
        await Command.Run("kill", ["-TERM", $"{ProcessId}"]);
        await _process!.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }

    public async Task Restart()
    {
        await Kill();
        Launch();
        await UntilHealthy();
    }

    /// <summary>Its log, and the files that it keeps.</summary>
    public void LookThrough(ContentScan scan)
    {
        scan.Look($"{name}'s log", Log);
        // A test may have ended it itself.
        if (Directory.Exists(Home)) scan.LookInFiles(name, Home);
    }

    public async ValueTask DisposeAsync()
    {
        if (Environment.GetEnvironmentVariable("TOKENSENSE_TEST_LOGS") is { } folder)
            await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(folder).FullName, $"{name}-{new Uri(Url).Port}.log"), Log);
        await Kill();
        _process?.Dispose();
        _process = null;
        // A test may end it before its stack does.
        if (Directory.Exists(Home)) Directory.Delete(Home, recursive: true);
    }
}
