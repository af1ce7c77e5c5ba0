using System.Collections.Concurrent;

namespace TokenSense.Enforcement;

/// <summary>What this run of a gateway has used in one scope and month, and how much of it spend does not include yet.</summary>
/// <remarks>Under the workspace's <see cref="WorkspaceEntry.Flights"/>.</remarks>
/// <param name="period"><c>yyyy-MM</c></param>
/// <param name="unincluded">Forgets a line by id once it waits no longer; only the workspace's keeps them.</param>
internal sealed class OwnUsage(string period, ConcurrentDictionary<string, Reservation>? unincluded)
{
    private const int PassedMax = 10_000;

    // What ended and is not included, oldest first, each with the settled total that includes it.
    private readonly Queue<(DateTimeOffset At, decimal SettledUsd, string Id)> _waiting = new();
    private readonly Queue<string> _passed = new();

    // Settled by this run; what Metering refused of it will never be included.
    private decimal _settledUsd;
    private decimal _writtenOffUsd;

    public string Period => period;

    /// <summary>USD: the estimates of calls that have not ended.</summary>
    public decimal InFlightUsd { get; private set; }

    /// <summary>USD under way or ended that <paramref name="includedUsd"/> lacks.</summary>
    public decimal OutstandingUsd(decimal includedUsd) => InFlightUsd + Math.Max(0, _settledUsd - _writtenOffUsd - includedUsd);

    public void Begin(decimal estimateUsd) => InFlightUsd += estimateUsd;

    public void GiveBack(decimal estimateUsd) => InFlightUsd -= estimateUsd;

    public void Settle(decimal estimateUsd, decimal costUsd, string id, DateTimeOffset at)
    {
        InFlightUsd -= estimateUsd;
        if (costUsd == 0) return;
        _settledUsd += costUsd;
        _waiting.Enqueue((at, _settledUsd, id));
    }

    public void WriteOff(decimal costUsd) => _writtenOffUsd += costUsd;

    public void Include(decimal includedUsd)
    {
        while (_waiting.TryPeek(out var oldest) && oldest.SettledUsd <= includedUsd + _writtenOffUsd)
        {
            _waiting.Dequeue();
            if (unincluded is not null) _passed.Enqueue(oldest.Id);
        }
        Passed();
    }

    /// <summary>Since when the oldest usage waits to be included; null: none does.</summary>
    public DateTimeOffset? WaitingSince => _waiting.TryPeek(out var oldest) ? oldest.At : null;

    // Sums pass in another order than lines: which ones are included is certain only when all are, so until then a refusal still finds its line.
    private void Passed()
    {
        while (_passed.TryPeek(out var oldest) && (_waiting.Count == 0 || _passed.Count > PassedMax))
        {
            _passed.Dequeue();
            unincluded?.TryRemove(oldest, out _);
        }
    }
}

/// <summary>The newest two months: a call admitted in the last one may end in this.</summary>
internal sealed class OwnMonths(ConcurrentDictionary<string, Reservation>? unincluded = null)
{
    private OwnUsage? _newer, _older;

    public OwnUsage? Of(string period) => _newer?.Period == period ? _newer : _older?.Period == period ? _older : null;

    public OwnUsage OfOrNew(string period)
    {
        if (Of(period) is { } held) return held;
        var made = new OwnUsage(period, unincluded);
        // One that is older than both stays with its reservation alone.
        if (_newer is null || string.CompareOrdinal(period, _newer.Period) > 0) (_older, _newer) = (_newer, made);
        else if (_older is null || string.CompareOrdinal(period, _older.Period) > 0) _older = made;
        return made;
    }
}
