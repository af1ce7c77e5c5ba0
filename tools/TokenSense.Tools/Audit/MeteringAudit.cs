namespace TokenSense.Tools.Audit;

/// <summary>Reads Metering's database: recorded usage, its claims and rollups.</summary>
public sealed class MeteringAudit(EventDatabase metering, EventDatabase budgets, Guid? workspaceId, Findings findings)
{
    private const int ClaimsPerQuery = 10_000;

    public async Task<UsageFold> Run(DateTimeOffset lateBefore, CancellationToken ct)
    {
        var fold = new UsageFold(findings, lateBefore);
        var unknown = new Dictionary<string, long>();
        await foreach (var page in metering.Pages("$2 = '' or stream_id like $2", [workspaceId is { } id ? $"usage-{id}-%" : ""], ct))
        {
            var recorded = page.Where(e => e.Type == "usage-recorded").ToList();
            foreach (var other in page.Where(e => e.Type is not ("usage-recorded" or "usage-refused"))) unknown[other.Type] = unknown.GetValueOrDefault(other.Type) + 1;
            var claims = await Claims(recorded, ct);
            var counted = await Counted(recorded, ct);
            foreach (var stored in recorded) fold.Add(stored, claims, counted.Contains(stored.Id));
        }
        foreach (var (type, count) in unknown) findings.Add("metering", "events of a type that this audit does not know", "0", $"{count} × {type}");
        UsageComparison.Days(fold.Days, await Days(ct), findings);
        // Claims name no workspace, so only all can be compared with all.
        if (workspaceId is null)
        {
            findings.Compare("metering", "claims against recorded lines", fold.Lines, await metering.One<long>("select count(*) from claims", ct));
            findings.Compare("budgets", "claimed messages against the events of Metering", fold.EventsClaimed,
                await budgets.One<long>("select count(*) from claimed_messages", ct));
        }
        return fold;
    }

    private async Task<Dictionary<Guid, Guid>> Claims(IReadOnlyList<StoredEvent> recorded, CancellationToken ct)
    {
        var claims = new Dictionary<Guid, Guid>();
        var ids = recorded.SelectMany(e => e.Data.GetProperty("lines").EnumerateArray().Select(l => l.GetProperty("usageId").GetGuid()));
        foreach (var some in ids.Chunk(ClaimsPerQuery))
            await foreach (var row in metering.Read("select usage_id, event_id from claims where usage_id = any($1)", [some], ct))
                claims[row.GetGuid(0)] = row.GetGuid(1);
        return claims;
    }

    private async Task<HashSet<Guid>> Counted(IReadOnlyList<StoredEvent> recorded, CancellationToken ct)
    {
        var counted = new HashSet<Guid>();
        await foreach (var row in budgets.Read("select message_id from claimed_messages where message_id = any($1)", [recorded.Select(e => e.Id).ToArray()], ct))
            counted.Add(row.GetGuid(0));
        return counted;
    }

    private async Task<Dictionary<DayKey, DayTotal>> Days(CancellationToken ct)
    {
        var days = new Dictionary<DayKey, DayTotal>();
        await foreach (var row in metering.Read(
            """
            select workspace_id, period, day, project_id, key_id, provider, model, requests, input_tokens, output_tokens, cost_usd, unpriced
            from usage_days where $1 = '' or workspace_id::text = $1
            """, [workspaceId?.ToString() ?? ""], ct))
            days[new(row.GetGuid(0), row.GetString(1), row.GetFieldValue<DateOnly>(2), row.GetGuid(3), row.GetGuid(4), row.GetString(5), row.GetString(6))] =
                new(row.GetInt64(7), row.GetInt64(8), row.GetInt64(9), row.GetDecimal(10), row.GetInt64(11));
        return days;
    }
}
