using System.Diagnostics.Metrics;
using System.Threading.Channels;
using TokenSense.Contracts;

namespace TokenSense.Enforcement;

/// <summary>Every call of a gateway, on disk before it is made and until the broker has confirmed its usage. One process per folder.</summary>
/// <remarks>Holds usage lines and nothing else: no secrets, no prompts. Ids of lines are unique.</remarks>
public sealed class UsageJournal : IAsyncDisposable
{
    private readonly FileStream _lock;
    private readonly JournalWriter _writer;
    private readonly JournalCursor _cursor;
    private readonly Action<string>? _log;
    private readonly Meter _meter = new("TokenSense");
    private int _reporters, _disposed;

    private UsageJournal(FileStream locked, JournalState state, JournalWriter writer, JournalCursor cursor, int recovered, Action<string>? log)
    {
        (_lock, State, _writer, _cursor, RecoveredOpen, _log) = (locked, state, writer, cursor, recovered, log);
        _meter.CreateObservableGauge("tokensense.journal.bytes", () => Bytes, "By");
        _meter.CreateObservableGauge("tokensense.journal.open", () => OpenCalls);
        _meter.CreateObservableGauge("tokensense.journal.waiting", () => Waiting);
    }

    /// <summary>Calls that were open when the last process ended: settled now, as estimated.</summary>
    public int RecoveredOpen { get; }

    /// <summary>Done once the broker has confirmed every line that earlier processes left.</summary>
    public Task RecoveredConfirmed => State.RecoveredConfirmed;

    /// <summary>On disk.</summary>
    public long Bytes => State.Bytes;

    /// <summary>Admitted, and neither settled nor released.</summary>
    public int OpenCalls => State.OpenCalls;

    /// <summary>Settled lines that the broker has not confirmed.</summary>
    public long Waiting => State.Waiting;

    /// <summary>Since when the oldest of them waits, to the second; null: none does.</summary>
    public DateTimeOffset? OldestWaiting => State.OldestWaiting;

    /// <summary>Why the disk refuses, and with it every new call; null: it does not.</summary>
    public string? Fault => State.Fault;

    internal JournalState State { get; }

    /// <summary>Recovers what earlier processes left. Reads the whole journal.</summary>
    /// <exception cref="IOException">Another process has the folder, or the disk refuses.</exception>
    public static UsageJournal Open(JournalSettings settings, Action<string>? log = null)
    {
        settings.Check();
        MakeFolder(settings.Folder, log);
        var locked = Lock(settings.Folder);
        try
        {
            var cursor = new JournalCursor(settings.Folder, log);
            var recovery = new JournalRecovery(settings, log);
            var (state, newest) = recovery.Run(cursor.Read());
            if (recovery.Settled > 0) log?.Invoke($"{recovery.Settled} calls were open when the last process ended: they are reported as estimated");
            var writer = new JournalWriter(settings, state, newest, log);
            writer.Tidy();
            return new UsageJournal(locked, state, writer, cursor, recovery.Settled, log);
        }
        catch
        {
            locked.Dispose();
            throw;
        }
    }

    /// <summary>Call this before the provider is called: once it completes, the call is not forgotten.</summary>
    /// <param name="estimated">What is reported if this process dies before it knows better.</param>
    /// <param name="ct">Counts until the admission is queued to be written.</param>
    /// <exception cref="JournalUnavailableException">The journal is full, or the disk refuses: do not make the call.</exception>
    public async ValueTask Admit(UsageLine estimated, CancellationToken ct)
    {
        var admission = new Append(RecordKind.Admitted, estimated.Id, JournalRecord.Of(RecordKind.Admitted, estimated));
        State.Admit(admission);
        try
        {
            await Queue(admission, ct);
        }
        catch
        {
            State.Refuse(admission);
            throw;
        }
        await admission.Done.Task;
    }

    /// <summary>What the call used. Never refused for room; where the disk refuses, the line is kept in memory and published from there.</summary>
    public async ValueTask Settle(UsageLine line)
    {
        var settlement = new Append(RecordKind.Settled, line.Id, JournalRecord.Of(RecordKind.Settled, line));
        await Queue(settlement, CancellationToken.None);
        await settlement.Done.Task;
    }

    /// <summary>The call cost nothing. Nothing happens where it is not open.</summary>
    public async ValueTask Release(string id)
    {
        if (!State.IsOpen(id)) return;
        var release = new Append(RecordKind.Released, id, JournalRecord.Released(id));
        await Queue(release, CancellationToken.None);
        await release.Done.Task;
    }

    /// <summary>Writes what was begun. Calls that are still open are settled as estimated at the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        await _writer.End();
        _cursor.Write(State.Cursor, now: true);
        _meter.Dispose();
        await _lock.DisposeAsync();
    }

    internal JournalTail Tail() => new(State, _log);

    internal void Confirm(JournalPosition end, int lines)
    {
        if (State.Confirm(end, lines)) _writer.Tidy();
        _cursor.Write(end);
    }

    /// <summary>Two would move one cursor.</summary>
    internal void TakeReporter()
    {
        if (Interlocked.Exchange(ref _reporters, 1) == 1) throw new InvalidOperationException("This journal has a reporter already.");
    }

    private async ValueTask Queue(Append append, CancellationToken ct)
    {
        try
        {
            await _writer.Queue(append, ct);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(UsageJournal));
        }
    }

    private static void MakeFolder(string folder, Action<string>? log)
    {
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
            return;
        }
        Directory.CreateDirectory(folder, Private);
        try
        {
            File.SetUnixFileMode(folder, Private);
        }
        catch (UnauthorizedAccessException)
        {
            log?.Invoke($"{folder} belongs to somebody else: its mode stays as it is");
        }
    }

    private static FileStream Lock(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new IOException($"The usage journal in {folder} is in use by another process: each gateway needs a folder of its own.", e);
        }
    }
}
