using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Workspaces;

/// <summary>From then on it is not there for anyone, and its keys do not work.</summary>
public static class DeleteWorkspace
{
    public static async Task<NoContent> Handle(Access access, Changes changes, TimeProvider clock, CancellationToken ct)
    {
        var delete = new WorkspaceCommand.Delete(clock.GetUtcNow());
        await using var change = await changes.Begin(access, ct);
        await change.Decide(Workspace.Stream(access.Workspace.WorkspaceId), (Workspace? w) => Workspace.Decide(delete, w), ct);
        await change.Commit(ct);
        return TypedResults.NoContent();
    }
}
