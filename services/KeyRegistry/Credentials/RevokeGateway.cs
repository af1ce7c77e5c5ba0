using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Credentials;

/// <summary>A gateway's token stops working. May be said twice.</summary>
public static class RevokeGateway
{
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, HttpContext http, Changes changes, IQuerySession documents, TimeProvider clock, CancellationToken ct)
    {
        if (await documents.LoadAsync<Credential>(id, ct) is not { Kind: Credential.Gateway }) return Problems.NotFound();
        var revoke = new CredentialCommand.Revoke(clock.GetUtcNow());
        await using var change = await changes.Begin(http.Who().Actor, http.From(), ct);
        await change.Decide(Credential.Stream(id), (Credential? c) => Credential.Decide(revoke, c), ct);
        await change.Commit(ct);
        return TypedResults.NoContent();
    }
}
