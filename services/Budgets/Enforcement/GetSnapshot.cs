using System.Text.Json;
using Npgsql;
using TokenSense.Budgets.Spend;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Budgets.Enforcement;

/// <summary>All that a gateway must know, at a start or reconnect. A gateway limited to workspaces is told of these alone.</summary>
public static class GetSnapshot
{
    public static void MapSnapshot(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/enforcement/snapshot", Get).WithName("enforcement-snapshot").WithTags("enforcement").Produces<EnforcementSnapshot>();

    private static async Task<IResult> Get(
        HttpContext http, Directory directory, NpgsqlDataSource database, Epoch epoch, Upstream upstream, RelayStatus relay, TimeProvider clock, CancellationToken ct)
    {
        var gateway = (Caller.Gateway)http.Asker();
        await epoch.Refresh(ct);
        // Read before the state, so that the state is at least as new as it says.
        if (await upstream.CompleteTo(ct) is not { } counted) return Problems.Of(503, "SERVICE_UNAVAILABLE", "Metering was not heard of yet. Retry shortly.");
        var (completeTo, _, _) = await relay.Position(ct);
        var workspaces = (await directory.All<WorkspaceChanged>("workspace", null, ct))
            .Where(w => gateway.Workspaces is null || gateway.Workspaces.Contains(w.WorkspaceId)).ToList();
        var ids = workspaces.Select(w => w.WorkspaceId).ToHashSet();
        var spend = new List<SpendChanged>();
        foreach (var workspace in workspaces)
        {
            var calendar = new PeriodCalendar(workspace.TimeZones);
            var period = calendar.PeriodOf(clock.GetUtcNow());
            // A gateway that was away may have missed any of it: all of the month, not the last hour alone.
            await foreach (var row in ScopeRow.Current(database, workspace.WorkspaceId, period, DateTimeOffset.MinValue, ct))
                spend.Add(row.ToMessage(epoch.Value, calendar));
        }
        return TypedResults.Json(new EnforcementSnapshot
        {
            Epoch = epoch.Value,
            CompleteTo = counted < completeTo ? counted : completeTo,
            LimitedTo = gateway.Workspaces is null ? null : [.. gateway.Workspaces],
            Workspaces = workspaces,
            Projects = [.. (await directory.All<ProjectChanged>("project", null, ct)).Where(p => ids.Contains(p.WorkspaceId))],
            Keys = [.. (await directory.All<ApiKeyChanged>("key", null, ct)).Where(k => ids.Contains(k.WorkspaceId))],
            Spend = spend,
            Prices = [.. (await directory.All<PricesChanged>("prices", null, ct)).Where(p => ids.Contains(p.WorkspaceId))],
        }, JsonSerializerOptions.Web);
    }
}
