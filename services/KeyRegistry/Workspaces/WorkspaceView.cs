using System.Text.Json.Serialization;
using TokenSense.Contracts;
using TokenSense.KeyRegistry.Members;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Workspaces;

/// <param name="TimeZone">The one in force.</param>
/// <param name="Role">What the caller may do there.</param>
/// <param name="TimeZoneFromNext">The one chosen for the next period; left out when there is none.</param>
public sealed record WorkspaceView(
    Guid Id, string Slug, string Name, string TimeZone,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? TimeZoneFromNext,
    DateTimeOffset CreatedAt, string Role)
{
    public static WorkspaceView Of(WorkspaceChanged workspace, Role role, DateTimeOffset now)
    {
        var period = new PeriodCalendar(workspace.TimeZones).PeriodOf(now);
        var inForce = workspace.TimeZones.Last(z => z.From is null || string.CompareOrdinal(z.From, period) <= 0);
        var pending = workspace.TimeZones[^1];
        return new(workspace.WorkspaceId, workspace.Slug, workspace.Name, inForce.Id, pending == inForce ? null : pending.Id, workspace.CreatedAt, RoleName.Of(role));
    }
}
