using System.Buffers;
using System.Text.Json;

namespace TokenSense.Simulator;

/// <summary>Every call that has ended: the oracle of what was billed. In memory, and in a file if one is named.</summary>
public sealed class CallLog : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<CallEntry> _entries = [];
    private readonly Queue<(long N, byte[] Body)> _bodies = [];
    private readonly int _bodiesKept;
    private readonly FileStream? _file;
    private readonly ArrayBufferWriter<byte> _line = new(1_024);
    private long _before; // What was deleted keeps its numbers.
    private long _started, _open;

    public CallLog(string? path, int bodiesKept)
    {
        _bodiesKept = bodiesKept;
        if (path is null) return;
        if (File.Exists(path)) Load(path);
        _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }

    public bool KeepsBodies => _bodiesKept > 0;
    public long OpenCalls => Interlocked.Read(ref _open);

    /// <summary>The number of a call that begins.</summary>
    public long Begin()
    {
        Interlocked.Increment(ref _open);
        return Interlocked.Increment(ref _started);
    }

    public void End(CallEntry entry, ReadOnlyMemory<byte> body)
    {
        lock (_lock)
        {
            _entries.Add(entry);
            var n = _before + _entries.Count;
            if (_file is not null) Append(entry, n);
            if (KeepsBodies)
            {
                if (_bodies.Count == _bodiesKept) _bodies.Dequeue();
                _bodies.Enqueue((n, body.ToArray()));
            }
        }
        Interlocked.Decrement(ref _open);
    }

    /// <summary>At most so many entries after n, each with its n.</summary>
    public List<(long N, CallEntry Entry)> After(long n, int max)
    {
        lock (_lock)
        {
            var first = (int)Math.Clamp(n - _before, 0, _entries.Count);
            var page = new List<(long, CallEntry)>();
            for (var i = first; i < _entries.Count && page.Count < max; i++) page.Add((_before + i + 1, _entries[i]));
            return page;
        }
    }

    public byte[]? Body(long n)
    {
        lock (_lock) return _bodies.FirstOrDefault(kept => kept.N == n).Body;
    }

    public void Clear()
    {
        lock (_lock)
        {
            _before += _entries.Count;
            _entries.Clear();
            _bodies.Clear();
            _file?.SetLength(0);
        }
    }

    public void Dispose() => _file?.Dispose();

    // Written straight through, so that a killed simulator has forgotten nothing that it answered.
    private void Append(CallEntry entry, long n)
    {
        _line.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_line)) entry.Write(json, n);
        _line.Write("\n"u8);
        _file!.Write(_line.WrittenSpan);
    }

    private void Load(string path)
    {
        foreach (var line in File.ReadLines(path).Where(line => line.EndsWith('}')))
        {
            using var json = JsonDocument.Parse(line);
            if (_entries.Count == 0) _before = json.RootElement.GetProperty("n").GetInt64() - 1;
            _entries.Add(CallEntry.Read(json.RootElement));
        }
        _started = _entries.Count == 0 ? 0 : _entries.Max(entry => entry.Number);
    }
}
