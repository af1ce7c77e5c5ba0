using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Workspaces;

public static class GetWorkspace
{
    public static Ok<WorkspaceView> Handle(Access access, TimeProvider clock) =>
        TypedResults.Ok(WorkspaceView.Of(access.Workspace, access.Role, clock.GetUtcNow()));
}
