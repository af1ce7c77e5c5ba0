using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Projects;

public static class GetProject
{
    public static async Task<Results<Ok<ProjectView>, ProblemHttpResult>> Handle(
        string project, Access access, Directory directory, IQuerySession documents, CancellationToken ct) =>
        await directory.Project(access.Workspace.WorkspaceId, project, ct) is { } known
        && await documents.LoadAsync<Project>(known.ProjectId, ct) is { } found
            ? TypedResults.Ok(ProjectView.Of(found))
            : Problems.NotFound();
}
