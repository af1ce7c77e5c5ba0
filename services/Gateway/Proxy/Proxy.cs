using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using TokenSense.Contracts;
using TokenSense.Enforcement;
using TokenSense.Gateway.Providers;
using TokenSense.Pricing;

namespace TokenSense.Gateway.Proxy;

/// <summary>One client request on its way: who asks, what for, may it, and then the call.</summary>
public sealed class Proxy(
    Catalog catalog, Books books, KeyArrival keys, Enforcer enforcer, Reservations reservations, UsageJournal journal, IdempotentAnswers answers, RateLimit rates,
    Upstream upstream, GatewaySettings settings, GatewayRun run, TimeProvider clock, IHostApplicationLifetime lifetime, ILogger<Proxy> log)
{
    private const int NameLengthMax = 256;
    private const int AnswersMax = 1_000;

    /// <param name="http">The client's request.</param>
    /// <param name="operation">What its address asks for.</param>
    /// <param name="modelInPath">Gemini's; null: the body names it.</param>
    public async Task Handle(HttpContext http, Operation operation, string? modelInPath)
    {
        var secret = PresentedKey.Of(http.Request);
        var known = await keys.Decide(secret, null, http.RequestAborted);
        // A body is read for nobody, and for nobody too often.
        if ((known.Refusal is { Status: 401 } unknown ? unknown : rates.Refuse(known.KeyId)) is { } no)
        {
            await ErrorEnvelope.Write(http, no);
            return;
        }
        var body = await ReadBody(http);
        if (body is null)
        {
            await ErrorEnvelope.Write(http, TooLarge());
            return;
        }
        var (asked, problem) = Read(http.Request, body);
        if (asked is not null && (modelInPath ?? asked.Model) is null) problem = "model is required.";
        if (modelInPath is not null && !ClientRequest.IsPathModel(modelInPath)) problem = "The model in the address is no model's name.";
        if (asked is null || problem is not null)
        {
            await ErrorEnvelope.Write(http, Refusal.InvalidRequest(problem!));
            return;
        }
        await Handle(http, operation, modelInPath ?? asked.Model!, asked, secret!, ProjectOf(http.Request, asked));
    }

    private async Task Handle(HttpContext http, Operation operation, string model, ClientRequest asked, string secret, string? project)
    {
        var decision = enforcer.Decide(secret, project, clock.GetUtcNow());
        if (decision.Refusal is { Status: 400 or 401 } refusal)
        {
            await ErrorEnvelope.Write(http, refusal);
            return;
        }
        IdempotentAnswers.Place? place = null;
        // Whom a budget alone refuses is told again what it was told before: that costs nothing.
        if (decision.KeyId != Guid.Empty && http.Request.Headers["Idempotency-Key"] is [{ } name, ..])
        {
            var (repeated, refused, mine) = answers.Begin(decision.KeyId, name, Digest(http.Request, asked), mayCall: decision.IsAllowed);
            if (repeated is not null)
            {
                await Downstream.Repeat(http, repeated);
                return;
            }
            if (refused is not null)
            {
                await ErrorEnvelope.Write(http, refused);
                return;
            }
            place = mine;
        }
        var left = false;
        try
        {
            var book = books.Of(decision.WorkspaceId);
            var (provider, missing) = catalog.Find(book, operation, model, mustBePriced: decision.HasBudget);
            var (call, no) = decision.Refusal is not null ? (null, decision.Refusal)
                : provider is null ? (null, missing)
                : await Admit(http, operation, provider, book, model, asked, secret, project, decision.HasBudget);
            if (call is null)
            {
                await ErrorEnvelope.Write(http, no!);
                return;
            }
            using var end = new CallEnd(
                TimeSpan.FromSeconds(settings.CallSecondsMax), TimeSpan.FromSeconds(settings.DrainSeconds), http.RequestAborted, lifetime.ApplicationStopping);
            await using (call) left = await new ProviderCall(call, operation, upstream, settings, log).Run(http, asked, place, end.Token);
        }
        finally
        {
            if (!left) place?.GiveUp();
        }
    }

    /// <summary>Counts the call at its budgets and writes it to the journal.</summary>
    private async Task<(MeteredCall? Call, Refusal? Refusal)> Admit(
        HttpContext http, Operation operation, Provider provider, PriceBook book, string model, ClientRequest asked, string secret, string? project, bool hasBudget)
    {
        var input = UsageEstimate.Of(asked.EstimateBytes, 0).InputTokens;
        var each = Math.Min(asked.OutputTokensMax ?? settings.OutputTokensAssumed, TokenUsage.CountMax / AnswersMax);
        var estimate = new TokenUsage { InputTokens = input, OutputTokens = operation.IsEmbedding ? 0 : each * Math.Min(asked.Answers, AnswersMax) };
        var now = clock.GetUtcNow();
        var cost = (book.Price(provider.Id, model, estimate, now) as PriceResult.Priced)?.CostUsd;
        if (cost is null && hasBudget) return (null, Catalog.WithoutPrice(model));
        var (decision, reservation) = await reservations.Reserve(secret, project, cost ?? 0, http.RequestAborted);
        if (reservation is null) return (null, decision.Refusal);
        var line = new UsageLine
        {
            // One instant decides the month here and in Metering.
            Id = Guid.CreateVersion7(reservation.AdmittedAt).ToString(), Time = reservation.AdmittedAt, KeyId = decision.KeyId, Project = decision.ProjectId?.ToString(),
            Provider = provider.Id, Model = model, ApiFlavor = operation.Flavor, Usage = MeteredCall.Counts(estimate), CostUsd = cost,
            Metadata = asked.Metadata.Count == 0 ? null : asked.Metadata, GatewayEpoch = run.Epoch,
        };
        try
        {
            return (await MeteredCall.Admit(journal, book, reservation, line, decision, provider, clock, http.RequestAborted), null);
        }
        catch (JournalUnavailableException e)
        {
            return (null, new(503, "USAGE_JOURNAL_UNAVAILABLE", e.Message, "service_unavailable") { ErrorClass = "usage_journal_unavailable", RetryAfterSeconds = 5 });
        }
    }

    private async Task<byte[]?> ReadBody(HttpContext http)
    {
        if (http.Request.ContentLength > settings.RequestBytesMax) return null;
        if (http.Request.ContentLength is { } length)
        {
            var whole = new byte[length];
            await http.Request.Body.ReadExactlyAsync(whole, http.RequestAborted);
            return whole;
        }
        var read = new ArrayBufferWriter<byte>(8 * 1024);
        try
        {
            while (await http.Request.Body.ReadAsync(read.GetMemory(4 * 1024), http.RequestAborted) is > 0 and var count)
            {
                read.Advance(count);
                if (read.WrittenCount > settings.RequestBytesMax) return null;
            }
        }
        // The server has read on, and met its own limit first.
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return null;
        }
        return read.WrittenSpan.ToArray();
    }

    private Refusal TooLarge() => new(413, "REQUEST_TOO_LARGE", $"The request body is larger than {settings.RequestBytesMax} bytes.", "invalid_request_error");

    private static (ClientRequest?, string?) Read(HttpRequest http, byte[] body)
    {
        var (asked, problem) = ClientRequest.Read(body);
        if (asked is null) return (null, problem);
        if (http.Headers["x-workflow-tag"] is [{ Length: > 0 } tag, ..] && !asked.Metadata.ContainsKey("workflow_tag") && !asked.Add("workflow_tag", tag))
            return (null, ClientRequest.MetadataProblem);
        // Recorded where there is room, and decides nothing.
        if (http.Headers["x-request-id"] is [{ Length: > 0 and <= ClientRequest.MetadataValueLengthMax } id, ..]
            && asked.Metadata.Count < ClientRequest.MetadataMax) asked.Add("x-request-id", id);
        return (asked, null);
    }

    // A name that could be no project's is told so by the decision.
    private static string? ProjectOf(HttpRequest http, ClientRequest asked)
    {
        var named = http.Headers["x-tokensense-project"] is [{ Length: > 0 } header, ..] ? header : asked.Metadata.GetValueOrDefault("project");
        return named?.Trim() is { Length: > 0 } project ? project[..Math.Min(project.Length, NameLengthMax)] : null;
    }

    private static string Digest(HttpRequest http, ClientRequest asked)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        digest.AppendData(Encoding.UTF8.GetBytes($"{http.Path}{http.QueryString}\n"));
        digest.AppendData(asked.Body);
        return Convert.ToHexString(digest.GetHashAndReset());
    }
}
