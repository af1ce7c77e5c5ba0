using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Keys;

public static class GetKey
{
    public static async Task<Results<Ok<KeyView>, ProblemHttpResult>> Handle(
        Guid id, Access access, IQuerySession documents, KeyUse use, TimeProvider clock, CancellationToken ct) =>
        await documents.LoadAsync<ApiKey>(id, ct) is { } key && key.WorkspaceId == access.Workspace.WorkspaceId
            ? TypedResults.Ok(KeyView.Of(key, clock.GetUtcNow(), await use.Of(id, ct)))
            : Problems.NotFound();
}
