using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace TokenSense.EndToEnd.Running;

/// <summary>A script of Clients/receivers as a process: says a JSON line for each thing it gets, and is told how to behave at its control port.</summary>
public sealed class NodeReceiver(string script, params string[] arguments) : IAsyncDisposable
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "TokenSense.EndToEnd", "Clients", "receivers");
    private static readonly Lazy<Task> Installed = new(() => Command.NpmInstall(Folder));
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private readonly int _controlPort = Ports.Free();
    private readonly ConcurrentQueue<JsonNode> _lines = [];
    private readonly ConcurrentQueue<string> _errors = [];
    private Process? _process;
    private long _marks;
    private long _marked;

    public int Port { get; } = Ports.Free();

    /// <summary>What it got until now, over all its lives, in that order.</summary>
    public IReadOnlyList<JsonNode> Lines
    {
        get
        {
            // What it has answered may still be in the pipe.
            if (_process is { HasExited: false }) Task.Run(ReadOn).GetAwaiter().GetResult();
            return [.. _lines];
        }
    }

    public async Task Start()
    {
        await Installed.Value;
        var start = new ProcessStartInfo("node", [script, Text(Port), Text(_controlPort), .. arguments])
        {
            WorkingDirectory = Folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var ready = new CountdownEvent(2);
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{script} did not start.");
        _process.OutputDataReceived += (_, e) =>
        {
            if (e.Data is null) return;
            var line = JsonNode.Parse(e.Data)!;
            if (line["ready"] is not null) ready.Signal();
            else if (line["mark"] is { } mark) Volatile.Write(ref _marked, (long)mark);
            else _lines.Enqueue(line);
        };
        _process.ErrorDataReceived += (_, e) => _errors.Enqueue(e.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        if (!await Task.Run(() => ready.Wait(TimeSpan.FromSeconds(60)))) throw new TimeoutException($"{script} was not ready: {string.Join('\n', _errors)}");
    }

    public async Task Tell(object change) => (await Http.PutAsJsonAsync($"http://127.0.0.1:{Text(_controlPort)}/", change)).EnsureSuccessStatusCode();

    /// <summary>From now on nobody listens at its port. What it was told is forgotten with it.</summary>
    public async Task Kill()
    {
        if (_process is null) return;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync() => await Kill();

    private async Task ReadOn()
    {
        var mark = Interlocked.Increment(ref _marks);
        await Tell(new { mark });
        await Until.Seen(() => Task.FromResult(Volatile.Read(ref _marked)), marked => marked >= mark, $"the mark of {script}", secondsMax: 30);
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
