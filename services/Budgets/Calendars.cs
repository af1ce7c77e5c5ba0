using TokenSense.Contracts;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Budgets;

/// <summary>The months of each workspace, by its time zones.</summary>
public sealed class Calendars(Directory directory)
{
    public async Task<PeriodCalendar> Of(Guid workspaceId, CancellationToken ct) =>
        Of((await directory.All<WorkspaceChanged>("workspace", workspaceId, ct)).SingleOrDefault());

    public static PeriodCalendar Of(WorkspaceChanged? workspace) => new(workspace?.TimeZones ?? []);
}
