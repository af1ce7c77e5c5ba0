using System.Globalization;
using System.Text;

namespace TokenSense.Enforcement;

/// <summary>The file that says how far the broker has confirmed.</summary>
/// <remarks>An older one than the truth means repeats, which Metering drops by their names.</remarks>
internal sealed class JournalCursor(string folder, Action<string>? log)
{
    private static readonly TimeSpan WriteEvery = TimeSpan.FromSeconds(1);
    private readonly string _path = Path.Combine(folder, "cursor");
    private JournalPosition? _written;
    private long _writtenAt;

    /// <summary>Null where there is none that can be trusted: then all is reported again.</summary>
    public JournalPosition? Read()
    {
        if (!File.Exists(_path)) return null;
        var parts = File.ReadAllText(_path).Trim().Split(' ');
        if (parts is [var sum, var segment, var offset] && sum == Sum(segment, offset))
            return _written = new(long.Parse(segment, CultureInfo.InvariantCulture), long.Parse(offset, CultureInfo.InvariantCulture));
        log?.Invoke("The cursor of the usage journal is damaged: what is still in the journal is reported again");
        return null;
    }

    /// <summary>At most once a second, unless it must be now.</summary>
    public void Write(JournalPosition position, bool now = false)
    {
        if (position == _written || (!now && Environment.TickCount64 - _writtenAt < WriteEvery.TotalMilliseconds)) return;
        _writtenAt = Environment.TickCount64;
        try
        {
            var (segment, offset) = (position.Segment.ToString(CultureInfo.InvariantCulture), position.Offset.ToString(CultureInfo.InvariantCulture));
            File.WriteAllText(_path + ".new", $"{Sum(segment, offset)} {segment} {offset}\n");
            File.Move(_path + ".new", _path, overwrite: true);
            _written = position;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log?.Invoke($"The cursor of the usage journal cannot be written: {e.Message}");
        }
    }

    private static string Sum(string segment, string offset) =>
        JournalRecord.Sum(Encoding.ASCII.GetBytes($"{segment} {offset}")).ToString("x8", CultureInfo.InvariantCulture);
}
