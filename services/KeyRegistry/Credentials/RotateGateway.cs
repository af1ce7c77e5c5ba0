using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Credentials;

/// <summary>A new token for the same gateway. The old one ends at once, and its user's password at the broker with it: no overlap.</summary>
public static class RotateGateway
{
    public static async Task<Results<Ok<GatewayView>, ProblemHttpResult>> Handle(
        Guid id, HttpContext http, Changes changes, IQuerySession documents, GatewayUsers users, FirstSettings first, TimeProvider clock, CancellationToken ct)
    {
        if (await documents.LoadAsync<Credential>(id, ct) is not { Kind: Credential.Gateway, RevokedAt: null } known) return Problems.NotFound();
        // The setting is followed at each start: it would bring the old token back.
        if (known.Name == FirstStart.DefaultName && first.GatewayToken is not null)
            return Problems.Of(409, "TOKEN_IS_SET", "This gateway's token is the setting TOKENSENSE_GATEWAY_TOKEN: set another there.");

        var token = Secret.New(Secret.Gateway);
        var replace = new CredentialCommand.ReplaceToken(Secret.Hash(token), clock.GetUtcNow());
        await using var change = await changes.Begin(http.Who().Actor, http.From(), ct);
        var credential = await change.Decide(Credential.Stream(id), (Credential? c) => Credential.Decide(replace, c), ct);
        if (credential.RevokedAt is not null) return Problems.NotFound();
        await GatewayUsers.Want(change, credential.Name, token, ct);
        await change.Commit(ct);
        users.Wake();
        return TypedResults.Ok(GatewayView.Of(credential, await users.Of([credential.Name], ct), token));
    }
}
