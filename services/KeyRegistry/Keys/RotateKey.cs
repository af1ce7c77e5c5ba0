using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Keys;

public sealed record RotateKeyRequest(int? OverlapHours = null);

/// <summary>A new secret for the same key; the old one opens it until the overlap has passed.</summary>
public static class RotateKey
{
    private const int OverlapHoursDefault = 24;
    private const int OverlapHoursMax = 720;

    public static async Task<Results<Ok<KeyView>, ProblemHttpResult>> Handle(
        Guid id, Form form, Access access, Changes changes, IQuerySession documents, KeyUse use, TimeProvider clock, CancellationToken ct)
    {
        var overlapHours = form.Whole("overlap_hours", 0, OverlapHoursMax) ?? OverlapHoursDefault;
        if (!form.IsValid) return Problems.Invalid(form.Errors);
        if (await access.MayChange(id, documents, ct) is { } refusal) return refusal;

        var now = clock.GetUtcNow();
        var secret = Secret.New(Secret.ApiKey);
        var rotate = new ApiKeyCommand.Rotate(IssueKey.MarkOf(secret), now.AddHours(overlapHours), now);
        await using var change = await changes.Begin(access, ct);
        var key = await change.Decide(ApiKey.Stream(id), (ApiKey? k) => ApiKey.Decide(rotate, k), ct);
        switch (key.StatusAt(now))
        {
            case "revoked": return KeyAccess.Revoked();
            case "expired": return Problems.Of(409, "KEY_EXPIRED", "The key has expired: give it a later expires_at first.");
        }
        await change.Commit(ct);
        return TypedResults.Ok(KeyView.Of(key, now, await use.Of(id, ct), secret));
    }
}
