using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Credentials;

/// <summary>A gateway's token stops working, its user at the broker goes and is cut off. May be said twice.</summary>
public static class RevokeGateway
{
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, HttpContext http, Changes changes, IQuerySession documents, GatewayUsers users, TimeProvider clock, CancellationToken ct)
    {
        if (await documents.LoadAsync<Credential>(id, ct) is not { Kind: Credential.Gateway } known) return Problems.NotFound();
        var revoke = new CredentialCommand.Revoke(clock.GetUtcNow());
        await using var change = await changes.Begin(http.Who().Actor, http.From(), ct);
        var isNew = false;
        await change.Decide(Credential.Stream(id), (Credential? c) =>
        {
            isNew = c is { RevokedAt: null };
            return Credential.Decide(revoke, c);
        }, ct);
        // Once revoked, another gateway may have the name, and a user of that name.
        if (isNew) await GatewayUsers.Unwant(change, known.Name, ct);
        await change.Commit(ct);
        users.Wake();
        return TypedResults.NoContent();
    }
}
