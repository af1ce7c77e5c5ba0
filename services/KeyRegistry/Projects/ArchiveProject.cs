using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Projects;

/// <summary>Stops a project's keys, and lets them work again. Either may be said twice.</summary>
public static class ArchiveProject
{
    public static Task<Results<Ok<ProjectView>, ProblemHttpResult>> Archive(
        string project, Access access, Changes changes, Directory directory, TimeProvider clock, CancellationToken ct) =>
        Decide(project, access, changes, directory, p => Project.Decide(new ProjectCommand.Archive(clock.GetUtcNow()), p), ct);

    public static Task<Results<Ok<ProjectView>, ProblemHttpResult>> Unarchive(
        string project, Access access, Changes changes, Directory directory, TimeProvider clock, CancellationToken ct) =>
        Decide(project, access, changes, directory, p => Project.Decide(new ProjectCommand.Unarchive(clock.GetUtcNow()), p), ct);

    private static async Task<Results<Ok<ProjectView>, ProblemHttpResult>> Decide(
        string project, Access access, Changes changes, Directory directory, Func<Project?, IEnumerable<ProjectEvent>> decide, CancellationToken ct)
    {
        if (await directory.Project(access.Workspace.WorkspaceId, project, ct) is not { } known) return Problems.NotFound();
        await using var change = await changes.Begin(access, ct);
        var changed = await change.Decide(Project.Stream(known.ProjectId), decide, ct);
        await change.Commit(ct);
        return TypedResults.Ok(ProjectView.Of(changed));
    }
}
