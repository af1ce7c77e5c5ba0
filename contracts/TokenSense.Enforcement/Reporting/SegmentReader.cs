using Microsoft.Win32.SafeHandles;

namespace TokenSense.Enforcement;

/// <summary>Reads the records of one file in their order. What it cannot read it steps over and counts.</summary>
internal sealed class SegmentReader(string path, long offset) : IDisposable
{
    private readonly SafeFileHandle _file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
    private readonly byte[] _buffer = new byte[2 * JournalRecord.BytesMax];
    private int _start, _filled;

    /// <summary>Where the next record begins.</summary>
    public long Offset { get; private set; } = offset;

    /// <summary>Places at which something unreadable began; an unfinished record at the end is not counted.</summary>
    public int Damaged { get; private set; }

    /// <param name="end">Up to there the file is read; it ends with a record, or with what was cut off.</param>
    /// <param name="json">Valid until the next call.</param>
    public bool Next(long end, out RecordKind kind, out ReadOnlyMemory<byte> json)
    {
        while (true)
        {
            var atEnd = Offset + (_filled - _start) >= end;
            switch (JournalRecord.Read(_buffer.AsSpan(_start.._filled), atEnd, out kind, out var range, out var length))
            {
                case RecordState.Whole:
                    json = _buffer.AsMemory(_start.._filled)[range];
                    Skip(length);
                    return true;
                case RecordState.Damaged:
                    Damaged++;
                    Skip(length);
                    break;
                case RecordState.Partial when atEnd:
                    Skip(_filled - _start);
                    json = default;
                    return false;
                case RecordState.Partial when _filled - _start > JournalRecord.BytesMax:
                    Damaged++;
                    Skip(_filled - _start);
                    break;
                default:
                    Fill(end);
                    break;
            }
        }
    }

    public void Dispose() => _file.Dispose();

    private void Skip(int length) => (_start, Offset) = (_start + length, Offset + length);

    private void Fill(long end)
    {
        _buffer.AsSpan(_start.._filled).CopyTo(_buffer);
        (_start, _filled) = (0, _filled - _start);
        var room = (int)Math.Min(_buffer.Length - _filled, end - Offset - _filled);
        var read = RandomAccess.Read(_file, _buffer.AsSpan(_filled, room), Offset + _filled);
        if (read == 0) throw new EndOfStreamException($"{path} is shorter than what was written to it.");
        _filled += read;
    }
}
