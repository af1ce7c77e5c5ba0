using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Credentials;

/// <summary>A workspace's automation tokens that were not revoked.</summary>
public static class ListTokens
{
    public static async Task<Results<Ok<Page<TokenView>>, ProblemHttpResult>> Handle(
        Paging paging, Access access, IQuerySession documents, CancellationToken ct)
    {
        if (!paging.IsValid) return Problems.Invalid(paging.Errors);
        var workspaceId = access.Workspace.WorkspaceId;
        var found = await documents.Query<Credential>()
            .Where(c => c.WorkspaceId == workspaceId && c.RevokedAt == null && c.Id > paging.After)
            .OrderBy(c => c.Id).Take(paging.Take).ToListAsync(ct);
        return TypedResults.Ok(paging.Of(found, c => c.Id, c => TokenView.Of(c)));
    }
}
