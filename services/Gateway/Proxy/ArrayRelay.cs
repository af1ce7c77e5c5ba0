using System.Buffers;
using TokenSense.Gateway.Providers;
using TokenSense.Pricing;

namespace TokenSense.Gateway.Proxy;

/// <summary>Passes Gemini's other stream, one JSON array of what would be events, down as it comes, and ends the call before it ends the answer.</summary>
public sealed class ArrayRelay(MeteredCall call, Operation operation, long requestBytes, long bytesMax, int status)
{
    private readonly ArrayBufferWriter<byte> _seen = new(16 * 1024);
    private long _passed;

    /// <param name="from">The provider's array.</param>
    /// <param name="down">Takes what goes to the client.</param>
    /// <param name="readMax">Between two pieces.</param>
    /// <param name="ct">The end of the whole call.</param>
    /// <returns>False: the provider broke off.</returns>
    public async Task<bool> Run(Stream from, Func<ReadOnlyMemory<byte>, ValueTask> down, TimeSpan readMax, CancellationToken ct)
    {
        var (buffer, held, whole) = (new byte[16 * 1024], Array.Empty<byte>(), true);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(ct);
        try
        {
            while (true)
            {
                late.CancelAfter(readMax);
                if (await from.ReadAsync(buffer, late.Token) is not (> 0 and var read)) break;
                if (_seen.WrittenCount + read <= bytesMax) _seen.Write(buffer.AsSpan(0, read));
                _passed += read;
                await down(held);
                // What may be the array's end waits for the next piece, or for the journal.
                var last = buffer.AsSpan(0, read).LastIndexOf((byte)']');
                held = last < 0 ? [] : buffer[last..read];
                await down(buffer.AsMemory(0, last < 0 ? read : last));
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            whole = false;
        }
        var (usage, estimated, model) = whole && _seen.WrittenCount == _passed
            ? WholeAnswer.UsageOf(_seen.WrittenMemory, call.Provider.ExtractorOf(operation), requestBytes)
            : new StreamedResult(UsageEstimate.Of(requestBytes, _passed), true, null);
        await call.Settle(usage, estimated, model, status);
        await down(held);
        return whole;
    }
}
