using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Projects;

public sealed record CreateProjectRequest(string Name, string? Slug = null, string? Color = null, string? Description = null);

public static class CreateProject
{
    public static async Task<Results<Created<ProjectView>, ProblemHttpResult>> Handle(
        Form form, Access access, Changes changes, TimeProvider clock, CancellationToken ct)
    {
        var name = form.Text("name", 100, required: true);
        var slug = Slug.Of(form);
        var color = Color.Of(form);
        var description = form.Text("description", 500);
        if (!form.IsValid) return Problems.Invalid(form.Errors);

        var workspaceId = access.Workspace.WorkspaceId;
        await using var change = await changes.Begin(access, ct);
        var derived = Slug.From(name!, otherwise: "project");
        var taken = await change.SlugsLike("project", workspaceId, slug ?? derived, ct);
        if (slug is not null && taken.Contains(slug)) return Problems.Of(409, "SLUG_TAKEN", $"The workspace has a project {slug} already.");

        var now = clock.GetUtcNow();
        color ??= Color.OfNext(await change.Session.Query<Project>().CountAsync(p => p.WorkspaceId == workspaceId, ct));
        var create = new ProjectCommand.Create(
            Guid.CreateVersion7(now), workspaceId, slug ?? Slug.Free(derived, taken), name!, color, description, now);
        var project = await change.Decide(Project.Stream(create.Id), (Project? p) => Project.Decide(create, p), ct);
        await change.Commit(ct);
        return TypedResults.Created($"/api/v1/workspaces/{workspaceId}/projects/{project.Id}", ProjectView.Of(project));
    }
}
