using TokenSense.Enforcement;
using TokenSense.Gateway.Providers;
using TokenSense.Pricing;

namespace TokenSense.Gateway.Proxy;

/// <summary>The call itself: up to the provider, and its answer down. Every way it can end meters it or gives it back.</summary>
public sealed class ProviderCall(MeteredCall call, Operation operation, Upstream upstream, GatewaySettings settings, ILogger log)
{
    /// <param name="http">The client's request.</param>
    /// <param name="asked">Its body.</param>
    /// <param name="place">For the answer, where the client named its request.</param>
    /// <param name="end">When the call ends at the latest.</param>
    /// <returns>Whether an answer was left there.</returns>
    public async Task<bool> Run(HttpContext http, ClientRequest asked, IdempotentAnswers.Place? place, CancellationToken end)
    {
        var down = new Downstream(http, place);
        var address = call.Provider.AddressOf(operation, call.Model, Upstream.QueryUp(http.Request.Query, operation))!;
        using var body = new SentContent(asked.Upstream(asksForUsage: operation == Operation.Chat && call.Provider.TakesStreamOptions));
        using var late = CancellationTokenSource.CreateLinkedTokenSource(end);
        late.CancelAfter(call.Provider.TimeoutMax);
        HttpResponseMessage answer;
        try
        {
            answer = await upstream.Send(http.Request, call.Provider, operation, address, body, call.Id, late.Token);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            if (body.IsSent) await call.SettleAsEstimated(null);
            else await call.Release();
            return await Fail(down, e is OperationCanceledException ? TimedOut()
                : Faulty(body.IsSent ? $"The provider {call.Provider.Id} broke off without an answer." : $"The provider {call.Provider.Id} cannot be reached."), e);
        }
        using (answer)
        {
            late.CancelAfter(Timeout.InfiniteTimeSpan);
            var status = (int)answer.StatusCode;
            if (status is < 200 or >= 500 or (>= 300 and < 400)) return await NotAnswered(down, status);
            if (status >= 400) return await PassRefusal(answer, down, end);
            // Asked for as it is, and packed all the same: it passes, unread.
            if (answer.Content.Headers.ContentEncoding.Any(e => e != "identity")) await call.SettleAsEstimated(status);
            return answer.Content.Headers.ContentType?.MediaType == "text/event-stream" ? await PassStream(answer, asked, down, end)
                : operation.Verb == "streamGenerateContent" ? await PassArray(answer, asked, down, end)
                : await PassWhole(answer, asked, down, end);
        }
    }

    private async Task<bool> NotAnswered(Downstream down, int status)
    {
        await call.Release();
        return await Fail(down, Faulty($"The provider {call.Provider.Id} answered {status}.") with { ProviderStatus = status }, null);
    }

    // The provider's own refusal, which it does not bill.
    private async Task<bool> PassRefusal(HttpResponseMessage answer, Downstream down, CancellationToken ct)
    {
        byte[]? body;
        try
        {
            body = await WholeAnswer.Read(answer.Content, settings.AnswerBytesMax, call.Provider.TimeoutMax, ct);
        }
        catch (BrokenAnswerException e)
        {
            await call.Release();
            return await Fail(down, Broken(e) with { ProviderStatus = (int)answer.StatusCode }, e);
        }
        await call.Release();
        down.Begin((int)answer.StatusCode, Upstream.HeadersDown(answer), call);
        // It may be another answer next time, so it is not repeated.
        await down.WriteWhole(body, isRepeated: false);
        return false;
    }

    private async Task<bool> PassStream(HttpResponseMessage answer, ClientRequest asked, Downstream down, CancellationToken ct)
    {
        var (provider, flavor) = call.Provider.ExtractorOf(operation);
        down.BeginStream((int)answer.StatusCode, Upstream.HeadersDown(answer), call);
        await using var events = await answer.Content.ReadAsStreamAsync(ct);
        var relay = new StreamRelay(
            call, new StreamedUsage(provider, flavor), asked.EstimateBytes, operation, withholdsUsage: operation == Operation.Chat && !asked.AsksForUsage, (int)answer.StatusCode);
        return Ended(await relay.Run(events, down.Write, call.Provider.TimeoutMax, ct), down, isAnswer: relay.IsComplete);
    }

    private async Task<bool> PassArray(HttpResponseMessage answer, ClientRequest asked, Downstream down, CancellationToken ct)
    {
        down.BeginStream((int)answer.StatusCode, Upstream.HeadersDown(answer), call);
        await using var array = await answer.Content.ReadAsStreamAsync(ct);
        var relay = new ArrayRelay(call, operation, asked.EstimateBytes, settings.AnswerBytesMax, (int)answer.StatusCode);
        return Ended(await relay.Run(array, down.Write, call.Provider.TimeoutMax, ct), down, isAnswer: true);
    }

    private bool Ended(bool whole, Downstream down, bool isAnswer)
    {
        if (whole)
        {
            // What was not answered in full is not repeated to whoever asks again.
            down.End(call, isRepeated: isAnswer);
            return isAnswer;
        }
        log.LogWarning("Call {Id}: the stream of {Provider} broke off", call.Id, call.Provider.Id);
        down.Break();
        return false;
    }

    private async Task<bool> PassWhole(HttpResponseMessage answer, ClientRequest asked, Downstream down, CancellationToken ct)
    {
        var status = (int)answer.StatusCode;
        byte[]? body;
        try
        {
            body = await WholeAnswer.Read(answer.Content, settings.AnswerBytesMax, call.Provider.TimeoutMax, ct);
        }
        catch (BrokenAnswerException e)
        {
            var came = UsageEstimate.Of(asked.EstimateBytes, e.Bytes);
            // What was cut here may have been at work on what nobody saw.
            if (e.IsLate) came = came with { OutputTokens = Math.Max(came.OutputTokens, call.AdmittedOutputTokens) };
            await call.Settle(came, estimated: true, null, status);
            return await Fail(down, Broken(e), e);
        }
        if (body is null)
        {
            await call.SettleAsEstimated(status);
            return await Fail(down, Faulty($"The answer of {call.Provider.Id} is larger than {settings.AnswerBytesMax} bytes."), null);
        }
        var (usage, estimated, model) = WholeAnswer.UsageOf(body, call.Provider.ExtractorOf(operation), asked.EstimateBytes);
        await call.Settle(usage, estimated, model, status);
        var written = operation.Format == WireFormat.OpenAi ? WholeAnswer.WithBlock(body, call) : body;
        down.Begin(status, Upstream.HeadersDown(answer), call);
        await down.WriteWhole(written, isRepeated: true);
        return true;
    }

    private async Task<bool> Fail(Downstream down, Refusal refusal, Exception? why)
    {
        log.LogWarning("Call {Id} to {Provider}: {Message} {Reason}", call.Id, call.Provider.Id, refusal.Message, why?.GetBaseException().Message);
        await down.Fail(call.Id, refusal);
        return false;
    }

    private Refusal Broken(BrokenAnswerException e) =>
        e.IsLate ? TimedOut() : Faulty($"The provider {call.Provider.Id} broke off in the middle of its answer.");

    private Refusal Faulty(string message) => new(502, "PROVIDER_ERROR", message, "upstream_error") { Provider = call.Provider.Id };

    private Refusal TimedOut() =>
        new(504, "PROVIDER_TIMEOUT", $"The provider {call.Provider.Id} did not answer in time.", "upstream_error") { Provider = call.Provider.Id };
}
