using System.Security.Cryptography;
using System.Text.Json;

namespace TokenSense.Simulator;

/// <summary>One call from its first byte to its entry in the log.</summary>
/// <remarks>
/// Billed is what was generated: all of an answer in one body, of a stream what was sent until it was cut or its client left.
/// A client that leaves while the model still thinks (delay_ms) has its input billed. Refusals, hangs and cuts before the headers are free.
/// </remarks>
public sealed class Exchange(HttpContext http, CallLog log, Dialect dialect, string route)
{
    private const int DeliveredAtOnceMax = 64 * 1024;
    private static readonly JsonElement NoBody = JsonDocument.Parse("{}").RootElement;

    private readonly long _number = log.Begin();
    private string _model = "";
    private bool _stream, _hadMetadata, _recorded;
    private Directives _asked = Directives.None;
    private TokenCounts? _generated;
    private Answer? _answer;
    private int _frames;

    public async Task Serve(Func<Call, Answer> format, string? model = null, bool? stream = null)
    {
        try
        {
            using var document = await Parse();
            var body = document?.RootElement ?? NoBody;
            var isObject = body.ValueKind == JsonValueKind.Object;
            _model = string.Intern(model ?? (isObject && body.TryGetProperty("model", out var named) ? named.ToString() : ""));
            _stream = stream ?? (isObject && body.TryGetProperty("stream", out var wanted) && wanted.ValueKind == JsonValueKind.True);
            _hadMetadata = isObject && body.TryGetProperty("metadata", out _);
            if (!dialect.Admits(http.Request)) await Refuse(401);
            else if (!isObject || (document is null && !HttpMethods.IsGet(http.Request.Method)))
                await Refuse(400, "We could not parse the JSON body of your request.");
            else if (_model.StartsWith("no-such", StringComparison.Ordinal)) await Refuse(404);
            else await Answer(body, format);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && http.RequestAborted.IsCancellationRequested)
        {
            Record(clientGone: true);
        }
        finally
        {
            if (!_recorded) Record();
        }
    }

    private async Task Answer(JsonElement body, Func<Call, Answer> format)
    {
        var prompt = Prompt.Of(body);
        string? header = http.Request.Headers["x-simulate"];
        try
        {
            _asked = (header ?? prompt.Directive) is { } text ? Directives.Parse(text) : Directives.None;
        }
        catch (FormatException e)
        {
            await Refuse(400, e.Message);
            return;
        }
        if (_asked.Fault == Fault.Hang) await Task.Delay(Timeout.Infinite, http.RequestAborted);
        var call = Call.Of(_number, body, _model, _stream, prompt, _asked);
        var answer = format(call);
        if (answer.Billed != default && _asked is { Status: null, Fault: not Fault.CutBeforeHeaders })
            _generated = answer.Billed with { Output = 0, Reasoning = 0 };
        if (_asked.DelayMs > 0) await Task.Delay(_asked.DelayMs, http.RequestAborted);
        if (_asked.Status is { } status) await Refuse(status);
        else if (_asked.Fault == Fault.CutBeforeHeaders) http.Abort();
        else await Play(answer, 200);
    }

    private async Task Play(Answer answer, int status)
    {
        _answer = answer;
        if (_asked.Fault == Fault.BadJson && status == 200) answer.Break();
        http.Response.StatusCode = status;
        http.Response.ContentType = answer.ContentType;
        if (!answer.IsStream) http.Response.ContentLength = answer.Bytes.Length;
        if (dialect.RequestIdHeader is { } name) http.Response.Headers[name] = $"req_sim{_number:D8}";

        var (isCut, isSlow) = (_asked.Fault == Fault.Cut && status == 200, _asked.Fault == Fault.SlowEnd && status == 200);
        var last = isCut ? answer.Half : answer.Frames.Count;
        var isPaced = isSlow || _asked.ChunkMs > 0 || answer.Bytes.Length > DeliveredAtOnceMax;
        while (_frames < last)
        {
            if (isPaced && _frames > 0 && _asked.ChunkMs > 0) await Task.Delay(_asked.ChunkMs, http.RequestAborted);
            if (isSlow && _frames == last - 1) await Task.Delay(Directives.SlowEndMs, http.RequestAborted);
            var from = _frames == 0 ? 0 : answer.Frames[_frames - 1].End;
            _frames = isPaced ? _frames + 1 : last;
            // Recorded before the last bytes leave: whoever has the whole answer finds it in the log.
            if (_frames == last) Record();
            await http.Response.Body.WriteAsync(answer.Bytes[from..answer.Frames[_frames - 1].End], http.RequestAborted);
        }
        // Kestrel answers an exception after the headers by closing the connection once it has delivered what was written.
        if (isCut) throw new IOException("The answer is cut here, as asked.");
    }

    private Task Refuse(int status, string detail = "")
    {
        var answer = new Answer("application/json", default);
        dialect.WriteError(answer.Json, new Refusal(status, _model, route, detail, _number));
        if (status == 429) http.Response.Headers.RetryAfter = "1";
        _generated = null;
        return Play(answer.EndBody(), status);
    }

    private void Record(bool clientGone = false)
    {
        if (_recorded) return;
        _recorded = true;
        var sent = _answer is null || _frames == 0 ? Memory<byte>.Empty : _answer.Bytes[.._answer.Frames[_frames - 1].End];
        var tokens = _generated ?? default;
        if (_generated is not null && _answer is not null && _frames > 0)
        {
            var output = _answer.Frames[_frames - 1].OutputTokens;
            tokens = _answer.Billed with { Output = output, Reasoning = Math.Min(_answer.Billed.Reasoning, output) };
        }
        log.End(
            new CallEntry(
                _number, http.Request.Headers["x-client-request-id"], dialect.Provider, route, _model, _stream,
                _frames == 0 ? 0 : http.Response.StatusCode, tokens, _generated is not null,
                _answer is not null && _frames == _answer.Frames.Count, clientGone, _hadMetadata, _asked.Fault,
                SHA256.HashData(sent.Span), sent.Length),
            sent);
    }

    private async Task<JsonDocument?> Parse()
    {
        try
        {
            return HttpMethods.IsGet(http.Request.Method)
                ? null
                : await JsonDocument.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted);
        }
        catch (JsonException)
        {
            return null; // Refused in the provider's words by the caller.
        }
    }
}
