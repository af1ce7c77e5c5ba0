namespace TokenSense.Enforcement;

internal sealed class Segment(string folder, long number)
{
    public long Number => number;
    public string Path { get; } = System.IO.Path.Combine(folder, $"{number:D10}.journal");

    /// <summary>Bytes that are durable.</summary>
    public long Length { get; set; }

    /// <summary>Open calls whose newest admission is here.</summary>
    public int Open { get; set; }
}

/// <summary>A record on its way to the disk, and who waits for it.</summary>
internal sealed class Append(RecordKind kind, string id, byte[] record)
{
    public RecordKind Kind => kind;
    public string Id => id;
    public byte[] Record => record;
    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The broker has it although the disk has not.</summary>
    public bool Published { get; set; }
}

internal sealed class OpenCall(byte[] admission)
{
    public byte[] Admission => admission;

    /// <summary>Null until the admission is durable.</summary>
    public Segment? In { get; set; }

    /// <summary>Room for what may follow: the admission carried forward, and a settlement that says more than it.</summary>
    public long BytesToCome => (2L * admission.Length) + SettlementBytesMore;

    private const int SettlementBytesMore = 4096;
}

/// <summary>What is true of the journal: its files, the open calls with the room that they hold, and how far the broker has confirmed.</summary>
internal sealed class JournalState
{
    private readonly JournalSettings _settings;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, OpenCall> _open = [];
    private readonly List<Segment> _segments;
    private readonly WaitingAges _waiting;
    private readonly TaskCompletionSource _recoveredConfirmed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<Append> _unwritten = [];
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private JournalPosition _cursor;
    private string? _fault;
    private long _bytes, _bytesToCome, _recoveredWaiting;

    /// <param name="segments">Oldest first; the last is written to.</param>
    public JournalState(JournalSettings settings, List<Segment> segments, JournalPosition cursor, WaitingAges waiting)
    {
        (_settings, _segments, _cursor, _waiting) = (settings, segments, cursor, waiting);
        (_bytes, _recoveredWaiting) = (segments.Sum(s => s.Length), waiting.Count);
        if (_recoveredWaiting == 0) _recoveredConfirmed.SetResult();
    }

    public Task RecoveredConfirmed => _recoveredConfirmed.Task;
    public long Bytes { get { lock (_gate) return _bytes; } }
    public int OpenCalls { get { lock (_gate) return _open.Count; } }
    public long Waiting { get { lock (_gate) return _waiting.Count + _unwritten.Count(a => a.Kind == RecordKind.Settled && !a.Published); } }
    public DateTimeOffset? OldestWaiting { get { lock (_gate) return _waiting.Oldest; } }
    public JournalPosition Cursor { get { lock (_gate) return _cursor; } }
    public string? Fault { get { lock (_gate) return _fault; } }
    public Segment Newest { get { lock (_gate) return _segments[^1]; } }
    public bool IsOpen(string id) { lock (_gate) return _open.ContainsKey(id); }

    /// <summary>Holds room for a call to its end, or throws.</summary>
    public void Admit(Append admission)
    {
        var call = new OpenCall(admission.Record);
        var bytes = admission.Record.Length + call.BytesToCome;
        lock (_gate)
        {
            if (_fault is not null) throw JournalUnavailableException.Faulted();
            if (_bytes + _bytesToCome + bytes > _settings.BytesMax) throw JournalUnavailableException.Full();
            if (!_open.TryAdd(admission.Id, call)) throw new ArgumentException($"The usage line {admission.Id} is open already.");
            _bytesToCome += bytes;
        }
    }

    /// <summary>Takes back an admission that is not durable.</summary>
    public void Refuse(Append admission)
    {
        lock (_gate)
            if (_open.Remove(admission.Id, out var call)) _bytesToCome -= admission.Record.Length + call.BytesToCome;
    }

    public void Began(Segment segment)
    {
        lock (_gate) _segments.Add(segment);
    }

    /// <summary>These are durable, in this order, at the end of the newest segment.</summary>
    public void Written(IReadOnlyList<OpenCall> carried, IReadOnlyList<Append> group, DateTimeOffset at)
    {
        lock (_gate)
        {
            var newest = _segments[^1];
            foreach (var call in carried) Place(call, newest, call.Admission.Length);
            foreach (var append in group)
            {
                if (append.Kind == RecordKind.Admitted)
                {
                    Place(_open[append.Id], newest, append.Record.Length);
                    _bytesToCome -= append.Record.Length;
                    continue;
                }
                if (_open.TryGetValue(append.Id, out var call) && call.In is { } segment)
                {
                    _open.Remove(append.Id);
                    segment.Open--;
                    _bytesToCome -= call.BytesToCome;
                }
                Grow(newest, append.Record.Length);
                if (append.Kind == RecordKind.Settled) _waiting.Add(at);
            }
            (_unwritten, _fault) = ([], null);
            Tell();
        }
    }

    /// <summary>The disk refused: these wait in memory until it takes them.</summary>
    public void Failed(string fault, List<Append> unwritten)
    {
        lock (_gate)
        {
            (_unwritten, _fault) = (unwritten, fault);
            Tell();
        }
    }

    /// <summary>Settled lines that neither the disk nor the broker has.</summary>
    public IReadOnlyList<Append> Unpublished
    {
        get { lock (_gate) return _fault is null ? [] : [.. _unwritten.Where(a => a.Kind == RecordKind.Settled && !a.Published)]; }
    }

    /// <summary>The broker holds all settled lines before <paramref name="end"/>, so many of them since the last time.</summary>
    /// <returns>Whether a file was finished with it.</returns>
    public bool Confirm(JournalPosition end, long lines)
    {
        lock (_gate)
        {
            var passed = end.Segment > _cursor.Segment;
            _cursor = end;
            // At the very end nothing can wait, whatever of it could not be read.
            _waiting.Remove(IsEnd(end) ? _waiting.Count : lines);
            _recoveredWaiting = IsEnd(end) ? 0 : Math.Max(0, _recoveredWaiting - lines);
            if (_recoveredWaiting == 0) _recoveredConfirmed.TrySetResult();
            return passed;
        }
    }

    /// <summary>Where to read on from there: the same place, or where the next segment with something in it begins.</summary>
    public (Segment Segment, long Offset, long End) At(JournalPosition position)
    {
        lock (_gate)
        {
            foreach (var segment in _segments)
            {
                var offset = segment.Number > position.Segment ? 0 : segment.Number == position.Segment ? position.Offset : segment.Length;
                if (offset < segment.Length || segment == _segments[^1]) return (segment, offset, segment.Length);
            }
            throw new InvalidOperationException("A journal has a segment.");
        }
    }

    /// <summary>Done when there is more to read than up to there, or when the disk refused something.</summary>
    public Task Grown(JournalPosition position)
    {
        lock (_gate) return IsEnd(position) ? _grown.Task : Task.CompletedTask;
    }

    /// <summary>The oldest segment, if nobody needs it any more.</summary>
    /// <remarks>Only ever the oldest: a settlement must not go before its admission, or a replay would report the call a second time.</remarks>
    public Segment? Finished
    {
        get { lock (_gate) return _segments.Count > 1 && _segments[0] is { Open: 0 } oldest && oldest.Number < _cursor.Segment ? oldest : null; }
    }

    public void Deleted(Segment oldest)
    {
        lock (_gate)
        {
            _segments.Remove(oldest);
            _bytes -= oldest.Length;
        }
    }

    /// <summary>Open calls that alone hold the oldest segment: written again at the end, they let it go.</summary>
    /// <remarks>
    /// Not at once, because most calls end before two more segments have been written; and only what is less than half a segment, so that it ends.
    /// </remarks>
    public IReadOnlyList<OpenCall> ToCarry()
    {
        lock (_gate)
        {
            if (_segments.Count < 3 || _segments[0] is not { Open: > 0 } oldest || oldest.Number >= _cursor.Segment) return [];
            var calls = _open.Values.Where(c => c.In == oldest).ToList();
            return calls.Sum(c => (long)c.Admission.Length) <= _settings.SegmentBytesMax / 2 ? calls : [];
        }
    }

    private bool IsEnd(JournalPosition position) => position.Segment == _segments[^1].Number && position.Offset >= _segments[^1].Length;

    private void Place(OpenCall call, Segment newest, int bytes)
    {
        if (call.In is { } before) before.Open--;
        call.In = newest;
        newest.Open++;
        Grow(newest, bytes);
    }

    private void Grow(Segment newest, int bytes)
    {
        newest.Length += bytes;
        _bytes += bytes;
    }

    private void Tell()
    {
        _grown.TrySetResult();
        _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
