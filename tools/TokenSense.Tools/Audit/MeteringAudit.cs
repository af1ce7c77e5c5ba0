using System.Text.Json;

namespace TokenSense.Tools.Audit;

/// <summary>Reads Metering's database: recorded usage, its claims, rollups and listed lines.</summary>
public sealed class MeteringAudit(EventDatabase metering, EventDatabase budgets, Guid? workspaceId, Findings findings)
{
    private const int ClaimsPerQuery = 10_000;

    public async Task<UsageFold> Run(DateTimeOffset lateBefore, CancellationToken ct)
    {
        var fold = new UsageFold(findings, lateBefore);
        var unknown = new Dictionary<string, long>();
        var own = new OwnBooks(findings);
        // Those that a line was priced by are older than it, but not in its stream.
        await foreach (var page in metering.Pages("type = 'prices-set' and ($2 = '' or stream_id = $2)", [workspaceId is { } whose ? $"prices-{whose}" : ""], ct))
            foreach (var set in page) own.Add(set);
        await foreach (var page in metering.Pages("$2 = '' or stream_id like $2", [workspaceId is { } id ? $"usage-{id}-%" : ""], ct))
        {
            var recorded = page.Where(e => e.Type == "usage-recorded").ToList();
            foreach (var other in page.Where(e => e.Type is not ("usage-recorded" or "usage-refused" or "model-unpriced" or "model-priced" or "kept-usage-cleared" or "kept-line-dismissed" or "kept-line-retried" or "prices-set"))) unknown[other.Type] = unknown.GetValueOrDefault(other.Type) + 1;
            var claims = await Claims(recorded, ct);
            var counted = await Counted(recorded, ct);
            foreach (var stored in recorded)
            {
                fold.Add(stored, claims, counted.Contains(stored.Id));
                foreach (var line in stored.Data.GetProperty("lines").EnumerateArray()) own.Check(stored, line);
            }
        }
        foreach (var (type, count) in unknown) findings.Add("metering", "events of a type that this audit does not know", "0", $"{count} × {type}");
        await CompareOwn(own, ct);
        UsageComparison.Days(fold.Days, await Days(ct), findings);
        findings.Compare("metering", "rows of usage_project_days that are not the sum of usage_days", 0, await ProjectDaysApart(ct));
        UsageComparison.Lines(fold.Days, await Lines(ct), findings);
        // Claims name no workspace, so only all can be compared with all.
        if (workspaceId is null)
        {
            findings.Compare("metering", "claims against recorded lines", fold.Lines, await metering.One<long>("select count(*) from claims", ct));
            findings.Compare("budgets", "claimed messages against the events of Metering", fold.EventsClaimed,
                await budgets.One<long>("select count(*) from claimed_messages", ct));
        }
        return fold;
    }

    /// <summary>How many events each month says that it has seen.</summary>
    public async Task<IReadOnlyDictionary<(Guid Workspace, string Period), long>> Revisions(CancellationToken ct)
    {
        var revisions = new Dictionary<(Guid, string), long>();
        await foreach (var row in metering.Read(
            "select workspace_id, period, revision from usage_periods where $1 = '' or workspace_id::text = $1", [workspaceId?.ToString() ?? ""], ct))
            revisions[(row.GetGuid(0), row.GetString(1))] = row.GetInt64(2);
        return revisions;
    }

    // What is counted at from now on is what was set last.
    private async Task CompareOwn(OwnBooks own, CancellationToken ct)
    {
        var kept = new Dictionary<Guid, (long Revision, JsonElement Providers)>();
        await foreach (var row in metering.Read("select workspace_id, version, body->>'providers' from directory where kind = 'prices' and ($1 = '' or id = $1)", [workspaceId?.ToString() ?? ""], ct))
            kept[row.GetGuid(0)] = (row.GetInt64(1), JsonSerializer.Deserialize<JsonElement>(row.GetString(2)));
        foreach (var workspace in own.Newest.Keys.Union(kept.Keys))
        {
            findings.Compare($"workspace {workspace}", "revision of its own prices", own.Newest.GetValueOrDefault(workspace).Revision, kept.GetValueOrDefault(workspace).Revision);
            if (own.Newest.TryGetValue(workspace, out var set) && kept.TryGetValue(workspace, out var used) && !JsonElement.DeepEquals(set.Providers, used.Providers))
                findings.Add($"workspace {workspace}", "its own prices", "as they were set", "others");
        }
    }

    private async Task<Dictionary<(Guid Workspace, string Period), (long Lines, decimal CostUsd)>> Lines(CancellationToken ct)
    {
        var lines = new Dictionary<(Guid, string), (long, decimal)>();
        await foreach (var row in metering.Read(
            """
            select workspace_id, period, count(*), coalesce(sum(cost_usd), 0) from usage_lines
            where $1 = '' or workspace_id::text = $1 group by workspace_id, period
            """, [workspaceId?.ToString() ?? ""], ct))
            lines[(row.GetGuid(0), row.GetString(1))] = (row.GetInt64(2), row.GetDecimal(3));
        return lines;
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

    private Task<long> ProjectDaysApart(CancellationToken ct) => metering.One<long>(
        """
        select count(*) from (
            select workspace_id, period, day, project_id, sum(requests) r, sum(input_tokens) i, sum(output_tokens) o, sum(cost_usd) c, sum(unpriced) u
            from usage_days group by workspace_id, period, day, project_id) d
        full join usage_project_days p using (workspace_id, period, day, project_id)
        where (coalesce(d.r, 0), coalesce(d.i, 0), coalesce(d.o, 0), coalesce(d.c, 0), coalesce(d.u, 0)) is distinct from (p.requests, p.input_tokens, p.output_tokens, p.cost_usd, p.unpriced)
        """, ct);

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
