using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.Contracts;
using TokenSense.KeyRegistry.Members;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Workspaces;

public sealed record CreateWorkspaceRequest(string Name, string? TimeZone = null);

/// <summary>A person makes a workspace and is its owner.</summary>
/// <remarks>All workspaces share one list of slugs: one that could be chosen, or came without its random end, would tell which others there are.</remarks>
public static class CreateWorkspace
{
    public static async Task<Results<Created<WorkspaceView>, ProblemHttpResult>> Handle(
        Form form, HttpContext http, Changes changes, TimeProvider clock, CancellationToken ct)
    {
        var name = form.Text("name", 100, required: true);
        var timeZone = TimeZoneName.Of(form) ?? "UTC";
        if (form.Has("slug")) form.Error("slug", "cannot be chosen: it is made from the name");
        if (!form.IsValid) return Problems.Invalid(form.Errors);

        var person = http.Who();
        await using var change = await changes.Begin(person.Actor, http.From(), ct);
        var derived = Slug.From(name!, otherwise: "workspace");
        var taken = await change.SlugsLike("workspace", null, derived, ct);

        var now = clock.GetUtcNow();
        var create = new WorkspaceCommand.Create(Guid.CreateVersion7(now), Slug.Unguessable(derived, taken), name!, timeZone, now);
        var workspace = await Create(change, create, person.Id, ct);
        await change.Commit(ct);
        var view = WorkspaceView.Of((WorkspaceChanged)workspace.Contract(1), Role.Owner, now);
        return TypedResults.Created($"/api/v1/workspaces/{workspace.Id}", view);
    }

    /// <summary>A workspace never is without an owner, so both come in one change.</summary>
    public static async Task<Workspace> Create(Change change, WorkspaceCommand.Create create, Guid ownerId, CancellationToken ct)
    {
        await change.Enter(create.Id);
        var workspace = await change.Decide(Workspace.Stream(create.Id), (Workspace? w) => Workspace.Decide(create, w), ct);
        var role = new MemberCommand.GiveRole(create.Id, ownerId, Role.Owner, create.At);
        await change.Decide(Member.Stream(create.Id, ownerId), (Member? m) => Member.Decide(role, m), ct);
        return workspace;
    }
}
