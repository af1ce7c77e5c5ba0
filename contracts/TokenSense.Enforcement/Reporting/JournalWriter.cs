using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;

namespace TokenSense.Enforcement;

/// <summary>The one writer: takes all that waits, writes it at once, syncs once, tells all. Also deletes what nobody needs any more.</summary>
internal sealed class JournalWriter
{
    private const int QueueMax = 4096;
    private const int GroupBytesMax = 1 << 20;
    private const int UnwrittenMax = 100_000;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly JournalSettings _settings;
    private readonly JournalState _state;
    private readonly Action<string>? _log;
    // Null: nothing to write, but perhaps something to delete.
    private readonly Channel<Append?> _queue = Channel.CreateBounded<Append?>(QueueMax);
    // Of its own, because waiting for a disk would hold one of the few threads that serve calls.
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SafeFileHandle _file;
    private Task<bool>? _more;
    private List<Append> _group = [], _unwritten = [];

    public JournalWriter(JournalSettings settings, JournalState state, SafeFileHandle newest, Action<string>? log)
    {
        (_settings, _state, _file, _log) = (settings, state, newest, log);
        _thread = new Thread(Run) { IsBackground = true, Name = "TokenSense journal" };
        _thread.Start();
    }

    public ValueTask Queue(Append append, CancellationToken ct) => _queue.Writer.WriteAsync(append, ct);

    public void Tidy() => _queue.Writer.TryWrite(null);

    /// <summary>Writes what was queued, then ends.</summary>
    public Task End()
    {
        _queue.Writer.TryComplete();
        return _ended.Task;
    }

    public static SafeFileHandle Create(Segment segment) =>
        File.OpenHandle(segment.Path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete);

    private void Run()
    {
        try
        {
            while (MoreToDo())
            {
                Write(_state.ToCarry(), _group = NextGroup());
                DeleteFinished();
            }
            if (_unwritten.Count > 0) Write([], _unwritten);
            if (_unwritten.Count > 0) _log?.Invoke($"The usage journal ends, and the disk did not take its last {_unwritten.Count} records");
            _ended.SetResult();
        }
        catch (Exception e)
        {
            // Not a fault of the disk but a mistake here: whoever waits must not wait for ever.
            _queue.Writer.TryComplete(e);
            while (_queue.Reader.TryRead(out var append)) if (append is not null) _group.Add(append);
            _state.Failed(e.Message, _unwritten);
            foreach (var append in _group) append.Done.TrySetException(JournalUnavailableException.Faulted(e));
            _log?.Invoke($"The usage journal has stopped: {e}");
            _ended.SetResult();
        }
        finally
        {
            _file.Dispose();
        }
    }

    private bool MoreToDo()
    {
        _more ??= _queue.Reader.WaitToReadAsync().AsTask();
        // What the disk refused is tried again, whether anything new comes or not.
        if (!_more.Wait(_unwritten.Count > 0 || _state.Fault is not null ? RetryAfter : Timeout.InfiniteTimeSpan)) return true;
        var open = _more.Result;
        _more = null;
        return open;
    }

    private List<Append> NextGroup()
    {
        List<Append> group = [.. _unwritten];
        for (var bytes = 0; bytes < GroupBytesMax && _queue.Reader.TryRead(out var append);)
        {
            if (append is null) continue;
            group.Add(append);
            bytes += append.Record.Length;
        }
        return group;
    }

    private void Write(IReadOnlyList<OpenCall> carried, List<Append> group)
    {
        if (carried.Count == 0 && group.Count == 0 && _state.Fault is null) return;
        try
        {
            List<ReadOnlyMemory<byte>> records = [.. carried.Select(c => (ReadOnlyMemory<byte>)c.Admission), .. group.Select(a => (ReadOnlyMemory<byte>)a.Record)];
            if (_state.Fault is not null) Reopen();
            var length = _state.Newest.Length;
            if (length > 0 && length + records.Sum(r => (long)r.Length) > _settings.SegmentBytesMax) Rotate();
            _settings.BeforeWrite?.Invoke();
            RandomAccess.Write(_file, records, _state.Newest.Length);
            if (_settings.SyncToDisk) RandomAccess.FlushToDisk(_file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Keep(group, e);
            return;
        }
        if (_state.Fault is not null) _log?.Invoke("The usage journal can be written again");
        _unwritten = [];
        _state.Written(carried, group, DateTimeOffset.UtcNow);
        foreach (var append in group) append.Done.TrySetResult();
    }

    private void Rotate()
    {
        var next = new Segment(_settings.Folder, _state.Newest.Number + 1);
        var file = Create(next);
        _file.Dispose();
        _file = file;
        _state.Began(next);
    }

    // Whatever of a refused group reached the file must go before anything else is written: it was answered as not admitted.
    private void Reopen()
    {
        _file.Dispose();
        _file = File.OpenHandle(_state.Newest.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete);
        RandomAccess.SetLength(_file, _state.Newest.Length);
    }

    private void Keep(List<Append> group, Exception e)
    {
        if (_state.Fault is null)
            _log?.Invoke($"The usage journal in {_settings.Folder} cannot be written, and takes no new calls until it can: {e.Message}");
        try { if (!_file.IsClosed) RandomAccess.SetLength(_file, _state.Newest.Length); }
        catch (Exception again) when (again is IOException or UnauthorizedAccessException) { /* Tried again before the next write. */ }
        var admissions = group.Where(a => a.Kind == RecordKind.Admitted).ToList();
        foreach (var admission in admissions) _state.Refuse(admission);
        var unwritten = group.Where(a => a.Kind != RecordKind.Admitted).ToList();
        _unwritten = unwritten.Take(UnwrittenMax).ToList();
        _state.Failed(e.Message, _unwritten);
        var unavailable = JournalUnavailableException.Faulted(e);
        foreach (var refused in admissions.Concat(unwritten.Skip(UnwrittenMax))) refused.Done.TrySetException(unavailable);
        foreach (var kept in _unwritten) kept.Done.TrySetResult();
    }

    private void DeleteFinished()
    {
        try
        {
            while (_state.Finished is { } oldest)
            {
                // The next one stays until this one is gone.
                File.Delete(oldest.Path);
                _state.Deleted(oldest);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log?.Invoke($"A finished segment of the usage journal cannot be deleted: {e.Message}");
        }
    }
}
