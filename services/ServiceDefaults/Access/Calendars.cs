using System.Collections.Concurrent;
using TokenSense.Contracts;

namespace TokenSense.ServiceDefaults.Access;

/// <summary>The months of each workspace. Remembered for ten seconds: a changed time zone counts from the next period on, so an older answer is as good.</summary>
public sealed class Calendars(Directory directory, TimeProvider clock)
{
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<Guid, (PeriodCalendar Calendar, long Since)> _known = [];

    /// <returns>Null: the workspace is not known here yet.</returns>
    public async ValueTask<PeriodCalendar?> Of(Guid workspaceId, CancellationToken ct)
    {
        if (_known.TryGetValue(workspaceId, out var known) && clock.GetElapsedTime(known.Since) < Remembered) return known.Calendar;
        if ((await directory.All<WorkspaceChanged>("workspace", workspaceId, ct)).SingleOrDefault() is not { } workspace) return null;
        var calendar = new PeriodCalendar(workspace.TimeZones);
        _known[workspaceId] = (calendar, clock.GetTimestamp());
        return calendar;
    }
}
