using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Keys;

public sealed record ChangeKeyRequest(string? Name = null, DateTimeOffset? ExpiresAt = null);

/// <summary>Its project and scopes stay what they were: what was called with it is counted there.</summary>
public static class ChangeKey
{
    public static async Task<Results<Ok<KeyView>, ProblemHttpResult>> Handle(
        Guid id, Form form, Access access, Changes changes, IQuerySession documents, KeyUse use, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var name = form.Text("name", 100, required: form.Has("name"));
        var expiresAt = Expiry.Of(form, now);
        foreach (var field in (string[])["project", "scopes"])
            if (form.Has(field)) form.Error(field, "cannot be changed: make a new key");
        if (!form.IsValid) return Problems.Invalid(form.Errors);
        if (await access.MayChange(id, documents, ct) is { } refusal) return refusal;

        await using var change = await changes.Begin(access, ct);
        var key = await change.Decide(ApiKey.Stream(id), (ApiKey? k) => ApiKey.Decide(
            new ApiKeyCommand.Change(name ?? k!.Name, form.Has("expires_at") ? expiresAt : k!.ExpiresAt, now), k), ct);
        if (key.RevokedAt is not null) return KeyAccess.Revoked();
        await change.Commit(ct);
        return TypedResults.Ok(KeyView.Of(key, now, await use.Of(id, ct)));
    }
}
