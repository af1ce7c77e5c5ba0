using System.Buffers;
using System.Text.Json;

namespace TokenSense.Enforcement;

/// <summary>One message to be: <c>{"gatewayId":…,"lines":[…]}</c>, of lines that are JSON already.</summary>
internal sealed class ReportBatch
{
    private const int LinesMax = 500;
    // Well below what Metering takes (1 MiB).
    private const int BytesMax = 768 * 1024;
    private readonly ArrayBufferWriter<byte> _body = new(4096);

    public ReportBatch(string gatewayId)
    {
        _body.Write("{\"gatewayId\":"u8);
        _body.Write(JsonSerializer.SerializeToUtf8Bytes(gatewayId));
        _body.Write(",\"lines\":["u8);
    }

    public int Lines { get; private set; }

    /// <summary>When its first line was added, as <see cref="TimeProvider.GetTimestamp"/> counts.</summary>
    public long Since { get; private set; }

    /// <summary>Until then any line fits.</summary>
    public bool IsFull => Lines == LinesMax || _body.WrittenCount > BytesMax - JournalSettings.LineBytesMax;

    public void Add(ReadOnlyMemory<byte> json, long timestamp)
    {
        if (Lines++ == 0) Since = timestamp;
        else _body.Write(","u8);
        _body.Write(json.Span);
    }

    public ReadOnlyMemory<byte> Close()
    {
        _body.Write("]}"u8);
        return _body.WrittenMemory;
    }
}
