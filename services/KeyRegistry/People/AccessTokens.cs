using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Npgsql;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.People;

/// <summary>Signs access tokens (ES256). Every service verifies them with the published half and asks nobody.</summary>
public sealed class AccessTokens(NpgsqlDataSource database, TimeProvider clock)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    // The private half in PKCS#8, as it is: this system keeps no key that it could be encrypted with, so who can read this
    // database can sign in as anyone. It stands in a table of its own, in no event and no message.
    public const string Tables =
        """
        create table signing_key_secrets (
            id uuid primary key,
            pkcs8 bytea not null,
            created_at timestamptz not null);
        """;

    private readonly JsonWebTokenHandler _tokens = new() { SetDefaultTimesOnTokenCreation = false };
    private volatile SigningSecret? _secret;

    public async Task<string> For(Person person, CancellationToken ct)
    {
        var secret = _secret ??= await Read(ct);
        // A key object of its own for each signature: they are not safe to share between threads.
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(secret.Pkcs8, out _);
        var now = clock.GetUtcNow().UtcDateTime;
        return _tokens.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Authentication.Issuer,
            Audience = Authentication.Issuer,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + Lifetime,
            Claims = new Dictionary<string, object>
            {
                ["sub"] = person.Id.ToString(),
                ["name"] = person.Name,
                [Authentication.OperatorClaim] = person.IsOperator ? "true" : "false",
            },
            SigningCredentials = new SigningCredentials(new ECDsaSecurityKey(key) { KeyId = secret.Id.ToString() }, SecurityAlgorithms.EcdsaSha256)
            {
                CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false },
            },
        });
    }

    /// <summary>Makes the key with which this installation signs, unless there is one.</summary>
    public static async Task Ensure(Change change, DateTimeOffset now, CancellationToken ct)
    {
        await using var exists = new NpgsqlCommand("select 1 from signing_key_secrets limit 1", change.Transaction.Connection, change.Transaction);
        if (await exists.ExecuteScalarAsync(ct) is not null) return;

        var id = Guid.CreateVersion7(now);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await using var keep = new NpgsqlCommand(
            "insert into signing_key_secrets (id, pkcs8, created_at) values ($1, $2, $3)", change.Transaction.Connection, change.Transaction);
        keep.Parameters.Add(new() { Value = id });
        keep.Parameters.Add(new() { Value = key.ExportPkcs8PrivateKey() });
        keep.Parameters.Add(new() { Value = now });
        await keep.ExecuteNonQueryAsync(ct);
        var publish = new SigningKeyCommand.Publish(id, PublicJwk(id, key.ExportParameters(includePrivateParameters: false).Q), now);
        await change.Decide(SigningKey.Stream(id), (SigningKey? k) => SigningKey.Decide(publish, k), ct);
    }

    private static string PublicJwk(Guid id, ECPoint point) => JsonSerializer.Serialize(new
    {
        kty = "EC", crv = "P-256", use = "sig", alg = "ES256", kid = id.ToString(),
        x = Base64UrlEncoder.Encode(point.X), y = Base64UrlEncoder.Encode(point.Y),
    });

    private async Task<SigningSecret> Read(CancellationToken ct)
    {
        await using var command = database.CreateCommand("select id, pkcs8 from signing_key_secrets order by created_at desc limit 1");
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) throw new InvalidOperationException("There is no signing key: the first start did not finish.");
        return new(reader.GetGuid(0), reader.GetFieldValue<byte[]>(1));
    }

    private sealed record SigningSecret(Guid Id, byte[] Pkcs8);
}
