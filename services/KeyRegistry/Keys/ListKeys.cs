using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Keys;

public static class ListKeys
{
    public static async Task<Results<Ok<Page<KeyView>>, ProblemHttpResult>> Handle(
        Paging paging, Access access, IQuerySession documents, TimeProvider clock, CancellationToken ct)
    {
        if (!paging.IsValid) return Problems.Invalid(paging.Errors);
        var (workspaceId, now) = (access.Workspace.WorkspaceId, clock.GetUtcNow());
        var found = await documents.Query<ApiKey>()
            .Where(k => k.WorkspaceId == workspaceId && k.Id > paging.After).OrderBy(k => k.Id).Take(paging.Take).ToListAsync(ct);
        return TypedResults.Ok(paging.Of(found, k => k.Id, k => KeyView.Of(k, now)));
    }
}
