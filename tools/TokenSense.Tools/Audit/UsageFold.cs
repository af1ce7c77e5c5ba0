using System.Text.Json;

namespace TokenSense.Tools.Audit;

public readonly record struct DayKey(Guid WorkspaceId, string Period, DateOnly Day, Guid ProjectId, Guid KeyId, string Provider, string Model)
{
    public override string ToString() => $"{Day:yyyy-MM-dd} ({Period}) project {ProjectId} key {KeyId} {Provider} {Model}";
}

public readonly record struct DayTotal(long Requests, long InputTokens, long OutputTokens, decimal CostUsd, long Unpriced)
{
    public static DayTotal operator +(DayTotal a, DayTotal b) =>
        new(a.Requests + b.Requests, a.InputTokens + b.InputTokens, a.OutputTokens + b.OutputTokens, a.CostUsd + b.CostUsd, a.Unpriced + b.Unpriced);
}

/// <summary>All recorded usage from zero: each line checked for itself, then added up by day and by scope.</summary>
/// <param name="lateBefore">What was recorded before then should have reached Budgets.</param>
public sealed class UsageFold(Findings findings, DateTimeOffset lateBefore)
{
    private readonly Dictionary<DayKey, DayTotal> _days = [];
    private readonly Dictionary<Place, (decimal CostUsd, long Lines)> _counted = [];
    private readonly Dictionary<RunKey, RunTotal> _included = [];

    public IReadOnlyDictionary<DayKey, DayTotal> Days => _days;

    /// <summary>What Budgets has claimed, by scope: its priced lines and their cost.</summary>
    public IReadOnlyDictionary<Place, (decimal CostUsd, long Lines)> Counted => _counted;

    /// <summary>What Budgets has claimed, by scope and run of the gateway that reported it: lines with a reported cost, and its sum.</summary>
    public IReadOnlyDictionary<RunKey, RunTotal> Included => _included;

    public long Events { get; private set; }
    public long Lines { get; private set; }
    public long UnpricedLines { get; private set; }
    public decimal CostUsd { get; private set; }
    public long EventsClaimed { get; private set; }
    public long EventsInFlight { get; private set; }
    public long LinesInFlight { get; private set; }
    public decimal InFlightUsd { get; private set; }

    /// <param name="claims">Metering's claims of the event's lines: usage id to event id.</param>
    /// <param name="isCounted">Budgets has claimed the event.</param>
    public void Add(StoredEvent stored, IReadOnlyDictionary<Guid, Guid> claims, bool isCounted)
    {
        Events++;
        var workspaceId = stored.Data.GetProperty("workspaceId").GetGuid();
        if (!stored.Stream.StartsWith($"usage-{workspaceId}-", StringComparison.Ordinal))
            findings.Add($"event {stored.Sequence}", "stream of usage-recorded", $"usage-{workspaceId}-…", stored.Stream);
        var seen = new HashSet<Guid>();
        foreach (var line in stored.Data.GetProperty("lines").EnumerateArray())
        {
            Check(stored, line, claims, seen);
            Add(workspaceId, line);
            var cost = line.GetProperty("costUsd").AsDecimal();
            if (isCounted) Count(workspaceId, line, cost);
            else (LinesInFlight, InFlightUsd) = (LinesInFlight + 1, InFlightUsd + (cost ?? 0));
        }
        if (isCounted) EventsClaimed++;
        else
        {
            EventsInFlight++;
            if (stored.At < lateBefore)
                findings.Add($"event {stored.Sequence} ({stored.Id})", "recorded usage that Budgets has not counted", $"counted since {stored.At:u}", "not counted");
        }
    }

    private void Check(StoredEvent stored, JsonElement line, IReadOnlyDictionary<Guid, Guid> claims, HashSet<Guid> seen)
    {
        var usageId = line.GetProperty("usageId").GetGuid();
        var where = $"event {stored.Sequence}, usage {line.GetProperty("source").GetString()}/{line.GetProperty("id").GetString()}";
        if (!seen.Add(usageId)) findings.Add(where, "lines of this usage id", "1", "more in one event");
        // A usage id has one claim and a claim one event, so a line in two events fails in one of them.
        if (!claims.TryGetValue(usageId, out var holder)) findings.Add(where, "claim of the usage id", stored.Id.ToString(), "none");
        else if (holder != stored.Id) findings.Add(where, "event that claimed the usage id", stored.Id.ToString(), holder.ToString());
        if (!LineCost.IsRight(line)) findings.Compare(where, "cost of the line from its rates", LineCost.Of(line).CostUsd, line.GetProperty("costUsd").AsDecimal());
    }

    private void Add(Guid workspaceId, JsonElement line)
    {
        var cost = line.GetProperty("costUsd").AsDecimal();
        var usage = line.GetProperty("usage");
        Lines++;
        CostUsd += cost ?? 0;
        if (cost is null) UnpricedLines++;
        var day = new DayKey(workspaceId, line.GetProperty("period").GetString()!, DateOnly.ParseExact(line.GetProperty("day").GetString()!, "yyyy-MM-dd"),
            line.GetProperty("projectId").AsGuid() ?? Guid.Empty, line.GetProperty("keyId").GetGuid(),
            line.GetProperty("provider").GetString()!, line.GetProperty("model").GetString()!);
        _days[day] = _days.GetValueOrDefault(day)
            + new DayTotal(1, usage.GetProperty("inputTokens").GetInt64(), usage.GetProperty("outputTokens").GetInt64(), cost ?? 0, cost is null ? 1 : 0);
    }

    private void Count(Guid workspaceId, JsonElement line, decimal? cost)
    {
        if (cost is not { } usd) return;
        var period = line.GetProperty("period").GetString()!;
        List<Place> places = [new(period, Place.Workspace, workspaceId), new(period, Place.Key, line.GetProperty("keyId").GetGuid())];
        if (line.GetProperty("projectId").AsGuid() is { } project) places.Add(new(period, Place.Project, project));
        foreach (var place in places)
        {
            var (sum, lines) = _counted.GetValueOrDefault(place);
            _counted[place] = (sum + usd, lines + 1);
            if (RunKey.Of(place, line) is { } run)
                _included[run] = _included.GetValueOrDefault(run) + new RunTotal(1, line.GetProperty("reportedCostUsd").GetDecimal());
        }
    }
}
