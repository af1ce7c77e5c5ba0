using System.Buffers;
using TokenSense.Gateway.Providers;
using TokenSense.Pricing;

namespace TokenSense.Gateway.Proxy;

/// <summary>Passes a stream of events down as they come, reads their usage on the way, and ends the call before it ends the answer.</summary>
/// <remarks>
/// From the event on that says the usage, events are held until the provider has ended the stream and the usage is in the journal: so no client
/// sees a complete answer that is not durably metered. Providers end it at once; one that does not is waited for only while more may come.
/// </remarks>
public sealed class StreamRelay(MeteredCall call, StreamedUsage usage, long requestBytes, Operation operation, bool withholdsUsage, int status)
{
    private const int EventBytesMax = StreamedUsage.EventBytesMax;
    private const int HeldBytesMax = 1_048_576;
    private static readonly TimeSpan HoldMax = TimeSpan.FromSeconds(2);

    private readonly ArrayBufferWriter<byte> _ready = new(16 * 1024);
    private byte[] _buffer = new byte[16 * 1024];
    private int _filled, _searched;
    // The usage was said, so the end is near; or it was the stream's last event.
    private bool _holds, _ended, _neverHolds;

    /// <summary>The provider said all, its usage too.</summary>
    public bool IsComplete => usage.IsComplete;

    /// <param name="from">The provider's events.</param>
    /// <param name="down">Takes what goes to the client.</param>
    /// <param name="readMax">Between two pieces.</param>
    /// <param name="ct">The end of the whole call.</param>
    /// <returns>False: the provider broke off.</returns>
    public async Task<bool> Run(Stream from, Func<ReadOnlyMemory<byte>, ValueTask> down, TimeSpan readMax, CancellationToken ct)
    {
        var (whole, cut) = (true, false);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(ct);
        try
        {
            while (true)
            {
                late.CancelAfter(readMax);
                var reading = from.ReadAsync(_buffer.AsMemory(_filled), late.Token).AsTask();
                // Cancelling a read would end the connection, so the wait for it is what ends.
                if (_holds && await Task.WhenAny(reading, Task.Delay(HoldMax, ct)) != reading)
                {
                    if (_ended)
                    {
                        // The read must be over before its stream is.
                        await late.CancelAsync();
                        await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                        break;
                    }
                    (_holds, _neverHolds) = (false, true);
                    await Flush(down);
                }
                if (await reading is not (> 0 and var read)) break;
                late.CancelAfter(Timeout.InfiniteTimeSpan);
                _filled += read;
                Take();
                if (_holds && !_ended && _ready.WrittenCount > HeldBytesMax) (_holds, _neverHolds) = (false, true);
                if (!_holds) await Flush(down);
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            // One that has said all has only been slow to close.
            (whole, cut) = (_ended, e is OperationCanceledException);
        }
        Hand(_buffer.AsMemory(0, _filled), isWhole: false);
        var (counted, estimated, model) = usage.Read(requestBytes);
        // What was cut here may have been at work on what nobody saw.
        if (cut && estimated) counted = counted with { OutputTokens = Math.Max(counted.OutputTokens, call.AdmittedOutputTokens) };
        await call.Settle(counted, estimated, model, status);
        await Flush(down);
        return whole;
    }

    // Hands on every whole event, and moves what is left to the front.
    private void Take()
    {
        var from = 0;
        // What was searched in vain is not searched again, but for a break that it may have cut.
        var search = Math.Max(0, _searched - 3);
        while (EventSplitter.FirstLength(_buffer.AsSpan(from + search, _filled - from - search)) is > 0 and var length)
        {
            Hand(_buffer.AsMemory(from, search + length), isWhole: true);
            from += search + length;
            search = 0;
        }
        if (from > 0) _buffer.AsSpan(from, _filled - from).CopyTo(_buffer);
        _filled -= from;
        _searched = _filled;
        if (_filled == _buffer.Length) Grow();
    }

    private void Hand(ReadOnlyMemory<byte> bytes, bool isWhole)
    {
        if (bytes.IsEmpty) return;
        var data = EventSplitter.Data(bytes);
        if (!data.IsEmpty)
        {
            usage.Take(data);
            _ended = Ends(data.Span);
            _holds = !_neverHolds && (_ended || usage.IsComplete);
            if (withholdsUsage && usage.IsUsageOnly && isWhole) return;
        }
        _ready.Write(bytes.Span);
    }

    // After these nothing comes that counts. Gemini has no such event.
    private bool Ends(ReadOnlySpan<byte> data) => operation.Format switch
    {
        WireFormat.OpenAi => data.SequenceEqual("[DONE]"u8) || usage.IsUsageOnly || (operation == Operation.Responses && usage.IsComplete),
        WireFormat.Anthropic => data.Length < 256 && data.IndexOf("\"message_stop\""u8) >= 0,
        _ => false,
    };

    // An event without an end is no event: it goes down unread.
    private void Grow()
    {
        if (_buffer.Length >= EventBytesMax)
        {
            _ready.Write(_buffer.AsSpan(0, _filled));
            (_filled, _searched) = (0, 0);
            return;
        }
        Array.Resize(ref _buffer, _buffer.Length * 2);
    }

    private async ValueTask Flush(Func<ReadOnlyMemory<byte>, ValueTask> down)
    {
        if (_ready.WrittenCount == 0) return;
        await down(_ready.WrittenMemory);
        _ready.ResetWrittenCount();
    }
}
