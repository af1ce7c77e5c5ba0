using System.Text.Json;

namespace TokenSense.Tools.Audit;

/// <summary>One run of a gateway in one scope's month.</summary>
public readonly record struct RunKey(Place Place, string Gateway, Guid Epoch)
{
    private const string Reporter = "gateway:";

    /// <returns>Null where no gateway counts the line itself: not a gateway's, without a run, or reported without a cost.</returns>
    public static RunKey? Of(Place place, JsonElement line) =>
        // Lines of before gateways named their runs have no such member.
        line.TryGetProperty("gatewayEpoch", out var epoch) && epoch.ValueKind == JsonValueKind.String
        && line.GetProperty("reportedCostUsd").AsDecimal() is not null
        && line.GetProperty("reporter").GetString() is { } reporter && reporter.StartsWith(Reporter, StringComparison.Ordinal)
            ? new(place, reporter[Reporter.Length..], epoch.GetGuid())
            : null;

    public override string ToString() => $"{Place}, gateway {Gateway}, run {Epoch}";
}

/// <summary>Of a run: how many lines, and USD as it reported them.</summary>
public readonly record struct RunTotal(long Lines, decimal CostUsd)
{
    public static RunTotal operator +(RunTotal a, RunTotal b) => new(a.Lines + b.Lines, a.CostUsd + b.CostUsd);

    /// <summary>The rows of included_usage: what gateways are told to take off their own count.</summary>
    public static async Task<IReadOnlyDictionary<RunKey, RunTotal>> All(EventDatabase budgets, Guid? workspaceId, CancellationToken ct)
    {
        var rows = new Dictionary<RunKey, RunTotal>();
        await foreach (var row in budgets.Read(
            """
            select period, scope, scope_id, gateway, gateway_epoch, lines, cost_usd from included_usage where $1 = '' or workspace_id::text = $1
            """, [workspaceId?.ToString() ?? ""], ct))
            rows[new(new(row.GetString(0), row.GetString(1), row.GetGuid(2)), row.GetString(3), row.GetGuid(4))] = new(row.GetInt64(5), row.GetDecimal(6));
        return rows;
    }
}
