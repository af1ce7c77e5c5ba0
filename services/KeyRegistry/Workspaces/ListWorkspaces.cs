using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Workspaces;

/// <summary>The workspaces in which the caller has a role.</summary>
public static class ListWorkspaces
{
    public static async Task<Results<Ok<Page<WorkspaceView>>, ProblemHttpResult>> Handle(
        Paging paging, HttpContext http, Directory directory, TimeProvider clock, CancellationToken ct)
    {
        if (!paging.IsValid) return Problems.Invalid(paging.Errors);
        var now = clock.GetUtcNow();
        var mine = (await directory.WorkspacesOf(http.Who().Id, ct))
            .OrderBy(m => m.Workspace.WorkspaceId.ToString(), StringComparer.Ordinal)
            .Where(m => string.CompareOrdinal(m.Workspace.WorkspaceId.ToString(), paging.After.ToString()) > 0)
            .Take(paging.Take).ToList();
        return TypedResults.Ok(paging.Of(mine, m => m.Workspace.WorkspaceId, m => WorkspaceView.Of(m.Workspace, Enum.Parse<Role>(m.Role, ignoreCase: true), now)));
    }
}
