using System.Text.Json.Serialization;

namespace TokenSense.KeyRegistry.Keys;

/// <param name="Status"><c>active</c>, <c>expired</c> or <c>revoked</c>.</param>
/// <param name="Secret">Only in the answer that made it.</param>
/// <param name="LastUsedAt">Of its last recorded call, known within seconds; null: never used.</param>
/// <param name="CreatedBy"><c>user:{id}</c> or <c>token:{id}</c>.</param>
public sealed record KeyView(
    Guid Id, string Name, Guid? ProjectId, string Prefix, string Last4, IReadOnlyList<string> Scopes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Secret,
    string Status, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt, DateTimeOffset? LastUsedAt)
{
    public static KeyView Of(ApiKey k, DateTimeOffset now, DateTimeOffset? lastUsedAt = null, string? secret = null) =>
        new(k.Id, k.Name, k.ProjectId, k.Secret.Prefix, k.Secret.Last4, k.Scopes, secret, k.StatusAt(now), k.CreatedBy,
            k.CreatedAt, k.ExpiresAt, k.RevokedAt, lastUsedAt);
}
