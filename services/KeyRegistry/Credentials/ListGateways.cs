using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;

namespace TokenSense.KeyRegistry.Credentials;

/// <summary>Every gateway whose credential was not revoked.</summary>
public static class ListGateways
{
    public static async Task<Results<Ok<Page<GatewayView>>, ProblemHttpResult>> Handle(Paging paging, IQuerySession documents, GatewayUsers users, CancellationToken ct)
    {
        if (!paging.IsValid) return Problems.Invalid(paging.Errors);
        var found = await documents.Query<Credential>()
            .Where(c => c.Kind == Credential.Gateway && c.RevokedAt == null && c.Id > paging.After)
            .OrderBy(c => c.Id).Take(paging.Take).ToListAsync(ct);
        var brokerUsers = await users.Of(found.Select(c => c.Name), ct);
        return TypedResults.Ok(paging.Of(found, c => c.Id, c => GatewayView.Of(c, brokerUsers)));
    }
}
