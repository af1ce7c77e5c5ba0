using System.Buffers;
using TokenSense.Pricing;

namespace TokenSense.Gateway.Proxy;

/// <summary>Passes a stream of events down as they come, reads their usage on the way, and ends the call before it ends the answer.</summary>
/// <remarks>
/// From the event on that says the usage, events are held until the provider has ended the stream and the usage is in the journal: so no client
/// sees a complete answer that is not durably metered. Providers end it at once; one that does not is not waited for.
/// </remarks>
public sealed class StreamRelay(MeteredCall call, StreamedUsage usage, long requestBytes, bool saysUsageOnce, bool withholdsUsage, int status)
{
    private const int EventBytesMax = 16 * 1024 * 1024;
    private static readonly TimeSpan HoldMax = TimeSpan.FromSeconds(2);

    private readonly ArrayBufferWriter<byte> _ready = new(16 * 1024);
    // The usage was said, so the end is near; and, in formats where it is said but once, nothing that counts comes any more.
    private bool _holds, _said, _neverHolds;

    /// <param name="from">The provider's events.</param>
    /// <param name="down">Takes what goes to the client.</param>
    /// <param name="readMax">Between two pieces.</param>
    /// <param name="ct">The end of the whole call.</param>
    /// <returns>False: the provider broke off.</returns>
    public async Task<bool> Run(Stream from, Func<ReadOnlyMemory<byte>, ValueTask> down, TimeSpan readMax, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        var (filled, whole) = (0, true);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(ct);
        try
        {
            while (true)
            {
                late.CancelAfter(readMax);
                var reading = from.ReadAsync(buffer.AsMemory(filled), late.Token).AsTask();
                // Cancelling a read would end the connection, so the wait for it is what ends.
                if (_holds && await Task.WhenAny(reading, Task.Delay(HoldMax, ct)) != reading)
                {
                    if (_said) break;
                    (_holds, _neverHolds) = (false, true);
                    await Flush(down);
                }
                if (await reading is not (> 0 and var read)) break;
                filled += read;
                filled = Take(buffer, filled);
                if (filled == buffer.Length) buffer = Grow(buffer, ref filled);
                if (!_holds) await Flush(down);
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            // One that has said all has only been slow to close.
            whole = _said;
        }
        Hand(buffer.AsMemory(0, filled), last: true);
        var (counted, estimated, model) = usage.Read(requestBytes);
        await call.Settle(counted, estimated, model, status);
        await Flush(down);
        // A read that was given up may still write into it, so it goes back only then.
        if (whole && !_said) ArrayPool<byte>.Shared.Return(buffer);
        return whole;
    }

    // Hands on every whole event, and moves what is left to the front.
    private int Take(byte[] buffer, int filled)
    {
        var from = 0;
        while (EventSplitter.FirstLength(buffer.AsSpan(from, filled - from)) is > 0 and var length)
        {
            Hand(buffer.AsMemory(from, length), last: false);
            from += length;
        }
        if (from > 0) buffer.AsSpan(from, filled - from).CopyTo(buffer);
        return filled - from;
    }

    private void Hand(ReadOnlyMemory<byte> bytes, bool last)
    {
        if (bytes.IsEmpty) return;
        var data = EventSplitter.Data(bytes);
        if (!data.IsEmpty)
        {
            usage.Take(data.Span);
            var done = data.Span.SequenceEqual("[DONE]"u8);
            _said |= done || (usage.IsComplete && saysUsageOnce);
            _holds |= !_neverHolds && (done || usage.IsComplete);
            if (withholdsUsage && usage.IsUsageOnly && !last) return;
        }
        _ready.Write(bytes.Span);
    }

    // An event without an end is no event: it goes down unread.
    private byte[] Grow(byte[] buffer, ref int filled)
    {
        if (buffer.Length >= EventBytesMax)
        {
            _ready.Write(buffer.AsSpan(0, filled));
            filled = 0;
            return buffer;
        }
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private async ValueTask Flush(Func<ReadOnlyMemory<byte>, ValueTask> down)
    {
        if (_ready.WrittenCount == 0) return;
        await down(_ready.WrittenMemory);
        _ready.ResetWrittenCount();
    }
}
