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
    public static readonly TimeSpan Lifetime = EndedSessions.TokenLifetime;

    // Other processes make and retire keys: well below SigningKeyPlan.Handover.
    private static readonly TimeSpan SecretMax = TimeSpan.FromSeconds(5);

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
    private long _readAt;

    public async Task<string> For(Person person, Guid sessionId, CancellationToken ct)
    {
        var secret = await Secret(ct);
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
                [Authentication.SessionClaim] = sessionId.ToString(),
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
        if ((await Keys(change, ct)).Count == 0) await Make(change, signsFrom: now, now, ct);
    }

    /// <summary>The keys whose private half is here.</summary>
    public static async Task<IReadOnlyList<SigningKeyTimes>> Keys(Change change, CancellationToken ct)
    {
        await using var command = change.Command("select id, created_at, signs_from from signing_key_secrets");
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<SigningKeyTimes>();
        while (await reader.ReadAsync(ct)) found.Add(new(reader.GetGuid(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetFieldValue<DateTimeOffset>(2)));
        return found;
    }

    /// <summary>Makes a key and publishes its public half.</summary>
    public static async Task<Guid> Make(Change change, DateTimeOffset signsFrom, DateTimeOffset now, CancellationToken ct)
    {
        var id = Guid.CreateVersion7(now);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await change.Execute(
            "insert into signing_key_secrets (id, pkcs8, created_at, signs_from) values ($1, $2, $3, $4)", [id, key.ExportPkcs8PrivateKey(), now, signsFrom], ct);
        var publish = new SigningKeyCommand.Publish(id, PublicJwk(id, key.ExportParameters(includePrivateParameters: false).Q), now);
        await change.Decide(SigningKey.Stream(id), (SigningKey? k) => SigningKey.Decide(publish, k), ct);
        return id;
    }

    /// <summary>Nothing is signed with it any more; what was, is verified until then.</summary>
    public static async Task Retire(Change change, Guid id, DateTimeOffset notAfter, DateTimeOffset now, CancellationToken ct)
    {
        await change.Execute("delete from signing_key_secrets where id = $1", [id], ct);
        var retire = new SigningKeyCommand.Retire(notAfter, now);
        await change.Decide(SigningKey.Stream(id), (SigningKey? k) => SigningKey.Decide(retire, k), ct);
    }

    private static string PublicJwk(Guid id, ECPoint point) => JsonSerializer.Serialize(new
    {
        kty = "EC", crv = "P-256", use = "sig", alg = "ES256", kid = id.ToString(),
        x = Base64UrlEncoder.Encode(point.X), y = Base64UrlEncoder.Encode(point.Y),
    });

    private async Task<SigningSecret> Secret(CancellationToken ct)
    {
        if (_secret is { } known && clock.GetElapsedTime(Volatile.Read(ref _readAt)) < SecretMax) return known;
        var at = clock.GetTimestamp();
        var read = await Read(ct);
        Volatile.Write(ref _readAt, at);
        return _secret = read;
    }

    private async Task<SigningSecret> Read(CancellationToken ct)
    {
        await using var command = database.CreateCommand("select id, pkcs8 from signing_key_secrets where signs_from <= $1 order by signs_from desc, id desc limit 1");
        command.Parameters.Add(new() { Value = clock.GetUtcNow() });
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) throw new InvalidOperationException("There is no signing key: the first start did not finish.");
        return new(reader.GetGuid(0), reader.GetFieldValue<byte[]>(1));
    }

    private sealed record SigningSecret(Guid Id, byte[] Pkcs8);
}
