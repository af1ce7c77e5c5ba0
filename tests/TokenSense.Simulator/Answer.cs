using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace TokenSense.Simulator;

/// <summary>Where a frame (one event of a stream, or half of a body) ends, and the output tokens generated until then.</summary>
public readonly record struct Frame(int End, long OutputTokens);

/// <summary>A whole answer, written before it is played, so that its bytes do not depend on how it is delivered.</summary>
public sealed class Answer(string contentType, TokenCounts billed)
{
    private static readonly JsonWriterOptions Unescaped =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> _bytes = new(2_048);
    private readonly List<Frame> _frames = new(16);
    private Utf8JsonWriter? _json;
    private int _contentFirst = -1, _contentFrames;

    public string ContentType => contentType;
    public TokenCounts Billed => billed;
    public bool IsStream { get; private set; } = true;
    public Memory<byte> Bytes { get; private set; }
    public IReadOnlyList<Frame> Frames => _frames;
    public Utf8JsonWriter Json => _json ??= new Utf8JsonWriter(_bytes, Unescaped);

    /// <summary>The first frame that a cut answer does not deliver.</summary>
    public int Half => _contentFrames == 0 ? _frames.Count / 2 : _contentFirst + _contentFrames / 2;

    public void Raw(ReadOnlySpan<byte> bytes)
    {
        FlushJson();
        _bytes.Write(bytes);
    }

    public void EndFrame(long outputTokens, bool isContent = false)
    {
        FlushJson();
        if (isContent && _contentFrames++ == 0) _contentFirst = _frames.Count;
        _frames.Add(new Frame(_bytes.WrittenCount, outputTokens));
    }

    /// <summary>Ends what was written as one JSON body, in two frames of half its bytes.</summary>
    public Answer EndBody()
    {
        FlushJson();
        IsStream = false;
        _frames.Add(new Frame(_bytes.WrittenCount / 2, billed.Output));
        EndFrame(billed.Output);
        return EndStream();
    }

    public Answer EndStream()
    {
        Bytes = MemoryMarshal.AsMemory(_bytes.WrittenMemory);
        return this;
    }

    /// <summary>Breaks the JSON in the middle of the answer without moving a byte.</summary>
    public void Break()
    {
        var frame = Bytes.Span[..(IsStream ? _frames[Half].End : Bytes.Length)];
        frame[frame.LastIndexOf((byte)'}')] = (byte)'!';
    }

    private void FlushJson()
    {
        if (_json is null || _json.BytesCommitted + _json.BytesPending == 0) return;
        _json.Flush();
        _json.Reset();
    }
}
