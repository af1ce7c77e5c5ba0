using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Credentials;

/// <summary>Ends an automation token at once. May be said twice.</summary>
public static class RevokeToken
{
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, Access access, Changes changes, IQuerySession documents, TimeProvider clock, CancellationToken ct)
    {
        if (await documents.LoadAsync<Credential>(id, ct) is not { } known || known.WorkspaceId != access.Workspace.WorkspaceId)
            return Problems.NotFound();
        if (known.Role > access.Role) return Problems.Of(403, "FORBIDDEN", "This token may do more than you; an owner may revoke it.");

        var revoke = new CredentialCommand.Revoke(clock.GetUtcNow());
        await using var change = await changes.Begin(access, ct);
        await change.Decide(Credential.Stream(id), (Credential? c) => Credential.Decide(revoke, c), ct);
        await change.Commit(ct);
        return TypedResults.NoContent();
    }
}
