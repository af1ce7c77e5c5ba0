using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Primitives;
using TokenSense.Enforcement;

namespace TokenSense.Gateway.Proxy;

/// <summary>The answer to one client: written while it listens, and kept for its <c>Idempotency-Key</c> where it gave one.</summary>
/// <remarks>A client that has left is no reason to stop: the call is still read to its usage.</remarks>
public sealed class Downstream(HttpContext http, IdempotentAnswers.Place? place)
{
    private readonly ArrayBufferWriter<byte>? _kept = place is null ? null : new();
    private KeyValuePair<string, StringValues>[] _headers = [];
    private bool _over;

    public bool IsGone => http.RequestAborted.IsCancellationRequested;

    public void Begin(int status, IEnumerable<KeyValuePair<string, StringValues>> headers, MeteredCall call)
    {
        var response = http.Response;
        response.StatusCode = status;
        foreach (var (name, values) in headers) response.Headers[name] = values;
        Tell(response.Headers, call);
        if (place is not null) _headers = [.. response.Headers.Where(h => h.Key != "Content-Length")];
    }

    public void BeginStream(int status, IEnumerable<KeyValuePair<string, StringValues>> headers, MeteredCall call)
    {
        Begin(status, headers, call);
        http.Response.Headers["x-accel-buffering"] = "no";
        if (http.Response.SupportsTrailers()) http.Response.DeclareTrailer("x-tokensense-cost");
    }

    /// <summary>The whole answer at once. It is kept before it is sent: who has it, may ask again.</summary>
    public async ValueTask WriteWhole(ReadOnlyMemory<byte> body, bool isRepeated)
    {
        http.Response.ContentLength = body.Length;
        Keep(body);
        LeavePlace(isRepeated);
        await Send(body);
    }

    public async ValueTask Write(ReadOnlyMemory<byte> bytes)
    {
        Keep(bytes);
        await Send(bytes);
    }

    /// <summary>There is no answer of the provider's to pass on.</summary>
    public async Task Fail(string callId, Refusal refusal)
    {
        place?.GiveUp();
        if (IsGone) return;
        http.Response.Headers["x-tokensense-request-id"] = callId;
        await ErrorEnvelope.Write(http, refusal);
    }

    private async ValueTask Send(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty || IsGone) return;
        try
        {
            await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // It left while this was written.
        }
    }

    /// <summary>All of a stream was written.</summary>
    /// <param name="call">With what it cost.</param>
    /// <param name="isRepeated">The same request again is answered with this.</param>
    public void End(MeteredCall call, bool isRepeated)
    {
        if (http.Response.HasStarted && call.CostUsd is { } cost && http.Response.SupportsTrailers())
            http.Response.AppendTrailer("x-tokensense-cost", cost.ToString(CultureInfo.InvariantCulture));
        LeavePlace(isRepeated);
    }

    /// <summary>The provider broke off, and so must this: an end in order would pass for the whole answer.</summary>
    public void Break()
    {
        place?.GiveUp();
        http.Abort();
    }

    public static async Task Repeat(HttpContext http, IdempotentAnswers.Answer answer)
    {
        http.Response.StatusCode = answer.Status;
        foreach (var (name, values) in answer.Headers) http.Response.Headers[name] = values;
        http.Response.Headers["Idempotent-Replayed"] = "true";
        http.Response.ContentLength = answer.Body.Length;
        await http.Response.Body.WriteAsync(answer.Body, http.RequestAborted);
    }

    private static void Tell(IHeaderDictionary headers, MeteredCall call)
    {
        headers["x-tokensense-request-id"] = call.Id;
        if (Ascii.IsValid(call.Model)) headers["x-tokensense-model"] = call.Model;
        if (call.CostUsd is { } cost) headers["x-tokensense-cost"] = cost.ToString(CultureInfo.InvariantCulture);
        BudgetHeaders.Tell(headers, call.Decision);
    }

    private void LeavePlace(bool isRepeated)
    {
        if (place is null) return;
        if (_over || !isRepeated) place.GiveUp();
        else place.Leave(new(http.Response.StatusCode, _headers, _kept!.WrittenMemory));
    }

    private void Keep(ReadOnlyMemory<byte> bytes)
    {
        if (_kept is null || _over) return;
        if (_kept.WrittenCount + bytes.Length > IdempotentAnswers.AnswerBytesMax) _over = true;
        else _kept.Write(bytes.Span);
    }
}
