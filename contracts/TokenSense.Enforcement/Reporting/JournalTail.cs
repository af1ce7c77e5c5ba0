namespace TokenSense.Enforcement;

/// <summary>Reads the settled lines that are durable, from the cursor on, as they come.</summary>
internal sealed class JournalTail(JournalState state, Action<string>? log) : IDisposable
{
    private SegmentReader? _reader;
    private int _damaged;

    /// <summary>All before it has been read.</summary>
    public JournalPosition Position { get; private set; } = state.Cursor;

    /// <param name="json">Valid until the next call.</param>
    /// <returns>False: there are no more now.</returns>
    public bool Next(out ReadOnlyMemory<byte> json)
    {
        while (true)
        {
            var (segment, offset, end) = state.At(Position);
            if (segment.Number != Position.Segment || _reader is null)
            {
                _reader?.Dispose();
                (_reader, _damaged) = (new(segment.Path, offset), 0);
                Position = new(segment.Number, offset);
            }
            if (offset >= end)
            {
                json = default;
                return false;
            }
            var found = _reader.Next(end, out var kind, out json);
            Position = new(segment.Number, _reader.Offset);
            if (_reader.Damaged > _damaged)
                log?.Invoke($"{segment.Path} holds {_reader.Damaged - _damaged} damaged records before {_reader.Offset}: they are not reported");
            _damaged = _reader.Damaged;
            if (found && kind == RecordKind.Settled) return true;
        }
    }

    public void Dispose() => _reader?.Dispose();
}
