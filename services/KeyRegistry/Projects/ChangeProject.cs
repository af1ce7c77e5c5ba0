using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Projects;

public sealed record ChangeProjectRequest(string? Name = null, string? Color = null, string? Description = null);

/// <summary>Changes what is given and leaves the rest.</summary>
public static class ChangeProject
{
    public static async Task<Results<Ok<ProjectView>, ProblemHttpResult>> Handle(
        string project, Form form, Access access, Changes changes, Directory directory, TimeProvider clock, CancellationToken ct)
    {
        var name = form.Text("name", 100, required: form.Has("name"));
        var color = Color.Of(form);
        var description = form.Text("description", 500);
        if (form.Has("slug")) form.Error("slug", "cannot be changed: requests and exports name it");
        if (!form.IsValid) return Problems.Invalid(form.Errors);
        if (await directory.Project(access.Workspace.WorkspaceId, project, ct) is not { } known) return Problems.NotFound();

        var now = clock.GetUtcNow();
        await using var change = await changes.Begin(access, ct);
        var changed = await change.Decide(Project.Stream(known.ProjectId), (Project? p) => Project.Decide(
            new ProjectCommand.Describe(name ?? p!.Name, color ?? p!.Color, form.Has("description") ? description : p!.Description, now), p), ct);
        await change.Commit(ct);
        return TypedResults.Ok(ProjectView.Of(changed));
    }
}
