using System.Text.Json;
using TokenSense.Contracts;
using TokenSense.Enforcement;
using TokenSense.Gateway.Providers;
using TokenSense.Pricing;

namespace TokenSense.Gateway.Proxy;

/// <summary>One call to a provider, from its admission to its end: whatever happens, it is metered once or given back.</summary>
public sealed class MeteredCall : IAsyncDisposable
{
    // More would be refused as a line.
    private const long LatencyMsMax = 86_400_000;

    private readonly UsageJournal _journal;
    private readonly PriceBook _book;
    private readonly Reservation _reservation;
    private readonly UsageLine _admitted;
    private readonly TimeProvider _clock;
    private readonly long _since;
    private bool _ended;

    private MeteredCall(UsageJournal journal, PriceBook book, Reservation reservation, UsageLine admitted, Decision decision, Provider provider, TimeProvider clock)
    {
        (_journal, _book, _reservation, _admitted, _clock, _since) = (journal, book, reservation, admitted, clock, clock.GetTimestamp());
        (Decision, Provider, Model) = (decision, provider, admitted.Model);
    }

    /// <summary>A fresh UUIDv7: the usage's id, and what the client is told as its request's.</summary>
    public string Id => _admitted.Id;

    public Decision Decision { get; }
    public Provider Provider { get; }

    /// <summary>As asked for, then as answered.</summary>
    public string Model { get; private set; }

    /// <summary>USD; null before the end, and where there is no price.</summary>
    public decimal? CostUsd { get; private set; }

    public TokenUsage Usage { get; private set; } = TokenUsage.None;

    public long LatencyMs => Math.Min((long)_clock.GetElapsedTime(_since).TotalMilliseconds, LatencyMsMax);

    /// <summary>What the output was taken for at admission.</summary>
    public long AdmittedOutputTokens => _admitted.Usage.OutputTokens;

    /// <summary>Writes the admission to the journal: from here on it is reported, come what may.</summary>
    /// <exception cref="JournalUnavailableException">It is full, or cannot be written: the call must not be made.</exception>
    public static async Task<MeteredCall> Admit(
        UsageJournal journal, PriceBook book, Reservation reservation, UsageLine estimated, Decision decision, Provider provider, TimeProvider clock, CancellationToken ct)
    {
        try
        {
            await journal.Admit(estimated, ct);
            return new(journal, book, reservation, estimated, decision, provider, clock);
        }
        catch
        {
            reservation.Release();
            throw;
        }
    }

    /// <summary>What it used, durable in the journal when this completes. Only the first end counts.</summary>
    public async ValueTask Settle(TokenUsage usage, bool estimated, string? answeredModel, int? status)
    {
        if (_ended) return;
        _ended = true;
        Usage = usage;
        var at = _admitted.Time;
        // The answered name is the exact one; the price book may know only the one that was asked for.
        if (answeredModel is not null && answeredModel != Model && ClientRequest.IsModel(answeredModel)
            && _book.Price(Provider.Id, answeredModel, usage, at) is PriceResult.Priced answered)
            (Model, CostUsd) = (answeredModel, answered.CostUsd);
        else
            CostUsd = (_book.Price(Provider.Id, Model, usage, at) as PriceResult.Priced)?.CostUsd;
        var line = _admitted with
        {
            Model = Model, Usage = Counts(usage), CostUsd = CostUsd, Estimated = estimated ? true : null, LatencyMs = LatencyMs, Status = status,
        };
        // Counted before it is written: what is written may be included in spend a moment later.
        _reservation.Settle(line.CostUsd ?? 0, Id);
        await _journal.Settle(line);
    }

    /// <summary>As far as anyone can know it cost what it was taken for.</summary>
    public ValueTask SettleAsEstimated(int? status) => Settle(Estimate(_admitted.Usage), estimated: true, null, status);

    /// <summary>The provider did nothing that it bills.</summary>
    public async ValueTask Release()
    {
        if (_ended) return;
        _ended = true;
        try
        {
            await _journal.Release(Id);
        }
        finally
        {
            _reservation.Release();
        }
    }

    // A fault of ours on the way must not make a call free.
    public ValueTask DisposeAsync() => SettleAsEstimated(null);

    public static UsageCounts Counts(TokenUsage usage)
    {
        var classes = usage.ByClass().Where(c => c.Value != 0).ToDictionary();
        long? Take(string name) => classes.Remove(name, out var count) ? count : null;
        return new()
        {
            InputTokens = Take("inputTokens") ?? 0, OutputTokens = Take("outputTokens") ?? 0, CacheReadTokens = Take("cacheReadTokens"),
            CacheWriteTokens = Take("cacheWriteTokens"), InputAudioTokens = Take("inputAudioTokens"),
            CacheAudioReadTokens = Take("cacheAudioReadTokens"), OutputAudioTokens = Take("outputAudioTokens"),
            OutputReasoningTokens = Take("outputReasoningTokens"),
            Others = classes.Count == 0 ? null : classes.ToDictionary(c => c.Key, c => JsonSerializer.SerializeToElement(c.Value)),
        };
    }

    private static TokenUsage Estimate(UsageCounts counts) => new() { InputTokens = counts.InputTokens, OutputTokens = counts.OutputTokens };
}
