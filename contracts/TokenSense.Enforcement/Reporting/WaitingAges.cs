namespace TokenSense.Enforcement;

/// <summary>How many lines wait, and since when the oldest does, to the second. First in, first out.</summary>
internal sealed class WaitingAges
{
    private const int SecondsMax = 4096;
    private readonly Queue<Second> _seconds = [];
    private Second? _last;

    public long Count { get; private set; }

    public DateTimeOffset? Oldest => _seconds.TryPeek(out var first) ? first.At : null;

    public void Add(DateTimeOffset at)
    {
        Count++;
        // Where there are too many seconds, a line counts as older than it is, never as younger.
        if (_last is not null && _seconds.Count > 0 && (at < _last.At.AddSeconds(1) || _seconds.Count == SecondsMax)) _last.Lines++;
        else _seconds.Enqueue(_last = new() { At = at, Lines = 1 });
    }

    public void Remove(long lines)
    {
        Count = Math.Max(0, Count - lines);
        while (lines > 0 && _seconds.TryPeek(out var first))
        {
            var taken = Math.Min(lines, first.Lines);
            lines -= taken;
            if ((first.Lines -= taken) == 0) _seconds.Dequeue();
        }
    }

    private sealed class Second
    {
        public DateTimeOffset At { get; init; }
        public long Lines { get; set; }
    }
}
