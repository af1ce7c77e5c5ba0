using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Projects;

/// <summary>Archived ones too: their history stays.</summary>
public static class ListProjects
{
    public static async Task<Results<Ok<Page<ProjectView>>, ProblemHttpResult>> Handle(
        Paging paging, Access access, IQuerySession documents, CancellationToken ct)
    {
        if (!paging.IsValid) return Problems.Invalid(paging.Errors);
        var workspaceId = access.Workspace.WorkspaceId;
        var found = await documents.Query<Project>()
            .Where(p => p.WorkspaceId == workspaceId && p.Id > paging.After).OrderBy(p => p.Id).Take(paging.Take).ToListAsync(ct);
        return TypedResults.Ok(paging.Of(found, p => p.Id, ProjectView.Of));
    }
}
