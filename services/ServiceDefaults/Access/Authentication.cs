using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using TokenSense.Contracts;

namespace TokenSense.ServiceDefaults.Access;

/// <summary>Tells who a bearer token stands for, from the service's own directory.</summary>
public sealed class Authentication(Directory directory, TimeProvider clock)
{
    public const string Issuer = "tokensense";
    public const string OperatorClaim = "operator", SessionClaim = "sid";

    // A credential made a moment ago may still be on its way here; a well-formed one is waited for, by a bounded number of callers.
    private static readonly TimeSpan ArrivalMax = TimeSpan.FromMilliseconds(500);
    private readonly SemaphoreSlim _waiting = new(64);
    private readonly JsonWebTokenHandler _tokens = new() { MapInboundClaims = false };

    /// <returns>Null: nobody that is known, or no longer.</returns>
    public async Task<Caller?> Identify(HttpContext http)
    {
        var ct = http.RequestAborted;
        string? header = http.Request.Headers.Authorization;
        if (header is null || !header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) || header.Length > 8_192) return null;
        var token = header["Bearer ".Length..].Trim();
        if (token.StartsWith(Secret.Automation, StringComparison.Ordinal)) return await ByCredential(token, Secret.Automation, ct);
        if (token.StartsWith(Secret.Gateway, StringComparison.Ordinal)) return await ByCredential(token, Secret.Gateway, ct);
        if (token.StartsWith(Secret.ApiKey, StringComparison.Ordinal)) return await ByCredential(token, Secret.ApiKey, ct);
        return await ByAccessToken(token, ct);
    }

    /// <summary>Looks again for up to half a second: what was just created elsewhere may still be on its way here.</summary>
    public async Task<T?> OnceArrived<T>(Func<Task<T?>> look, CancellationToken ct) where T : class
    {
        var found = await look();
        if (found is not null || !await _waiting.WaitAsync(0, ct)) return found;
        try
        {
            var since = clock.GetTimestamp();
            while (found is null && clock.GetElapsedTime(since) < ArrivalMax)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), clock, ct);
                found = await look();
            }
            return found;
        }
        finally
        {
            _waiting.Release();
        }
    }

    private async Task<Caller?> ByCredential(string token, string prefix, CancellationToken ct)
    {
        // The checksum is no secret: everybody can compute it. Nor does the look-up tell one: it is by the hash of what was presented, which its
        // sender cannot steer towards a stored one. Hashes themselves are compared in constant time.
        if (!Secret.IsWellFormed(token, prefix)) return null;
        var hash = Secret.Hash(token);
        var now = clock.GetUtcNow();
        return await OnceArrived(() => directory.ByHash(hash, ct), ct) switch
        {
            CredentialChanged { RevokedAt: null } c when Secret.IsSame(c.Sha256, hash) && (c.ExpiresAt is null || c.ExpiresAt > now) => c switch
            {
                { Kind: "gateway" } => new Caller.Gateway(c.CredentialId, c.Name, c.Workspaces),
                { Workspaces: [var workspace], Role: { } role } when Enum.TryParse<Role>(role, ignoreCase: true, out var r) =>
                    new Caller.Automation(c.CredentialId, c.Name, workspace, r),
                _ => null,
            },
            ApiKeyChanged { RevokedAt: null } k when (k.ExpiresAt is null || k.ExpiresAt > now)
                && k.Secrets.Any(s => Secret.IsSame(s.Sha256, hash) && (s.ValidUntil is null || s.ValidUntil > now)) => new Caller.Key(k),
            _ => null,
        };
    }

    private async Task<Caller?> ByAccessToken(string token, CancellationToken ct)
    {
        if (!_tokens.CanReadToken(token)) return null;
        var kid = _tokens.ReadJsonWebToken(token).Kid;
        if (!Guid.TryParse(kid, out var keyId)) return null;
        var key = await OnceArrived(() => directory.SigningKey(keyId.ToString(), ct), ct);
        if (key is null || key.NotAfter <= clock.GetUtcNow()) return null;
        var result = await _tokens.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = Issuer,
            ValidAudience = Issuer,
            IssuerSigningKey = new JsonWebKey(key.Jwk),
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            LifetimeValidator = (from, until, _, _) => until > clock.GetUtcNow().UtcDateTime && (from is null || from <= clock.GetUtcNow().UtcDateTime.AddSeconds(30)),
        });
        if (!result.IsValid || !Guid.TryParse(result.ClaimsIdentity.FindFirst("sub")?.Value, out var userId)) return null;
        if (!Guid.TryParse(result.ClaimsIdentity.FindFirst(SessionClaim)?.Value, out var sessionId)) return null;
        if (await directory.SessionsEnded(userId, ct) is { } ended && (ended.Sessions.Contains(sessionId) || ended.AllUntil >= result.SecurityToken.ValidFrom)) return null;
        return new Caller.Person(userId, result.ClaimsIdentity.FindFirst("name")?.Value ?? "", result.ClaimsIdentity.HasClaim(OperatorClaim, "true"), sessionId);
    }
}
