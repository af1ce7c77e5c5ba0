using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Workspaces;

public sealed record ChangeWorkspaceRequest(string? Name = null, string? TimeZone = null);

/// <summary>Renames at once; a time zone counts from the next period on.</summary>
public static class ChangeWorkspace
{
    public static async Task<Results<Ok<WorkspaceView>, ProblemHttpResult>> Handle(
        Form form, Access access, Changes changes, Directory directory, TimeProvider clock, CancellationToken ct)
    {
        var name = form.Text("name", 100, required: form.Has("name"));
        var timeZone = TimeZoneName.Of(form);
        if (form.Has("slug")) form.Error("slug", "cannot be changed: addresses and exports name it");
        if (!form.IsValid) return Problems.Invalid(form.Errors);

        var now = clock.GetUtcNow();
        await using (var change = await changes.Begin(access, ct))
        {
            await change.Decide(Workspace.Stream(access.Workspace.WorkspaceId), (Workspace? w) => Decide(w, name, timeZone, now), ct);
            await change.Commit(ct);
        }
        return await directory.Workspace(access.Workspace.WorkspaceId.ToString(), ct) is { } changed
            ? TypedResults.Ok(WorkspaceView.Of(changed, access.Role, now))
            : Problems.NotFound();
    }

    private static IEnumerable<WorkspaceEvent> Decide(Workspace? workspace, string? name, string? timeZone, DateTimeOffset now) =>
    [
        .. name is null ? [] : Workspace.Decide(new WorkspaceCommand.Rename(name, now), workspace),
        .. timeZone is null ? [] : Workspace.Decide(new WorkspaceCommand.ChooseTimeZone(timeZone, now), workspace),
    ];
}
