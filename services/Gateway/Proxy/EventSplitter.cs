namespace TokenSense.Gateway.Proxy;

/// <summary>Server-sent events as bytes: whole events with their separator, to be passed on as they came.</summary>
public static class EventSplitter
{
    /// <returns>The length of the first event with the empty line that ends it; 0: it is not complete.</returns>
    public static int FirstLength(ReadOnlySpan<byte> bytes)
    {
        for (var from = 0; bytes[from..].IndexOfAny((byte)'\n', (byte)'\r') is var found and >= 0;)
        {
            var lineEnd = EndOfBreak(bytes, from + found);
            if (lineEnd is 0) return 0;
            if (lineEnd < bytes.Length && bytes[lineEnd] is (byte)'\n' or (byte)'\r') return EndOfBreak(bytes, lineEnd);
            from = lineEnd;
        }
        return 0;
    }

    /// <summary>The data lines of an event, joined as the format says; empty where it has none.</summary>
    public static ReadOnlyMemory<byte> Data(ReadOnlyMemory<byte> ofEvent)
    {
        ReadOnlyMemory<byte> data = default;
        for (var rest = ofEvent; !rest.IsEmpty;)
        {
            var end = rest.Span.IndexOfAny((byte)'\n', (byte)'\r');
            var line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            if (!line.Span.StartsWith("data:"u8)) continue;
            line = line[5..];
            if (!line.IsEmpty && line.Span[0] == ' ') line = line[1..];
            data = data.IsEmpty ? line : (byte[])[.. data.Span, (byte)'\n', .. line.Span];
        }
        return data;
    }

    // After CR LF, LF or CR. A CR at the very end may be half of CR LF: 0, wait.
    private static int EndOfBreak(ReadOnlySpan<byte> bytes, int at) =>
        bytes[at] == '\n' ? at + 1
        : at + 1 == bytes.Length ? 0
        : bytes[at + 1] == '\n' ? at + 2 : at + 1;
}
