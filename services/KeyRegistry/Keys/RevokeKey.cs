using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Keys;

/// <summary>Ends a key at once, with all its secrets. May be said twice.</summary>
public static class RevokeKey
{
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, Access access, Changes changes, IQuerySession documents, TimeProvider clock, CancellationToken ct)
    {
        if (await access.MayChange(id, documents, ct) is { } refusal) return refusal;
        var revoke = new ApiKeyCommand.Revoke(clock.GetUtcNow());
        await using var change = await changes.Begin(access, ct);
        await change.Decide(ApiKey.Stream(id), (ApiKey? k) => ApiKey.Decide(revoke, k), ct);
        await change.Commit(ct);
        return TypedResults.NoContent();
    }
}
