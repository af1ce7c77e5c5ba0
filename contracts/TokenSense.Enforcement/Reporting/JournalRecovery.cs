using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using TokenSense.Contracts;

namespace TokenSense.Enforcement;

/// <summary>Reads what earlier processes left, and settles the calls that died with them: with what was estimated, always the same.</summary>
internal sealed class JournalRecovery(JournalSettings settings, Action<string>? log)
{
    // In the order of their admissions, so that a repeated recovery writes the same.
    private readonly Dictionary<string, (long Place, byte[] Json)> _open = [];
    private readonly WaitingAges _waiting = new();
    private long _damaged, _admitted;

    public int Settled { get; private set; }

    /// <returns>The state, and the file of a new segment: nothing is ever written behind what may be a torn record.</returns>
    public (JournalState State, SafeFileHandle Newest) Run(JournalPosition? cursor)
    {
        List<Segment> segments = [.. Directory.EnumerateFiles(settings.Folder, "*.journal")
            .Select(path => long.TryParse(Path.GetFileNameWithoutExtension(path), out var number) ? number : 0)
            .Where(number => number > 0).Order().Select(number => new Segment(settings.Folder, number))];
        var from = cursor ?? default;
        foreach (var segment in segments) Replay(segment, from);
        if (_damaged > 0) log?.Invoke($"The usage journal in {settings.Folder} holds {_damaged} damaged records, which were skipped");

        // Never below the cursor: what is written there would count as confirmed.
        var newest = new Segment(settings.Folder, Math.Max(segments.LastOrDefault()?.Number ?? 0, from.Segment) + 1);
        var file = JournalWriter.Create(newest);
        try
        {
            SettleOpen(file, newest);
        }
        catch
        {
            file.Dispose();
            throw;
        }
        segments.Add(newest);
        return (new JournalState(settings, segments, segments[0].Number > from.Segment ? new(segments[0].Number, 0) : from, _waiting), file);
    }

    private void Replay(Segment segment, JournalPosition cursor)
    {
        segment.Length = new FileInfo(segment.Path).Length;
        using var reader = new SegmentReader(segment.Path, 0);
        while (reader.Next(segment.Length, out var kind, out var json))
        {
            try
            {
                var (id, time) = JournalRecord.Name(kind, json.Span);
                if (kind == RecordKind.Admitted) _open[id] = (_admitted++, json.ToArray());
                else _open.Remove(id);
                // Its settlement's time is not known any more; its admission's is earlier, which is the careful side.
                var confirmed = segment.Number < cursor.Segment || (segment.Number == cursor.Segment && reader.Offset <= cursor.Offset);
                if (kind == RecordKind.Settled && !confirmed) _waiting.Add(time);
            }
            catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
            {
                _damaged++;
            }
        }
        _damaged += reader.Damaged;
    }

    private void SettleOpen(SafeFileHandle file, Segment newest)
    {
        foreach (var (_, json) in _open.Values.OrderBy(call => call.Place))
        {
            var line = JsonSerializer.Deserialize<UsageLine>(json, JournalRecord.Json)! with { Estimated = true };
            var record = JournalRecord.Of(RecordKind.Settled, line);
            settings.BeforeWrite?.Invoke();
            RandomAccess.Write(file, record, newest.Length);
            newest.Length += record.Length;
            _waiting.Add(line.Time);
        }
        if (settings.SyncToDisk && newest.Length > 0) RandomAccess.FlushToDisk(file);
        Settled = _open.Count;
    }
}
