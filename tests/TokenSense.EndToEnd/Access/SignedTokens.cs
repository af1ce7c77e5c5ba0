using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using TokenSense.EndToEnd.Running;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.EndToEnd.Access;

/// <summary>Access tokens signed with the installation's own key, and such as only somebody else would make.</summary>
internal sealed class SignedTokens
{
    private readonly string _kid;
    private readonly byte[] _pkcs8;

    private SignedTokens(string kid, byte[] pkcs8) => (_kid, _pkcs8) = (kid, pkcs8);

    public static async Task<SignedTokens> Of(Stack stack)
    {
        await using var database = stack.Database("keyregistry");
        await using var newest = database.CreateCommand("select id, pkcs8 from signing_key_secrets where signs_from <= now() order by signs_from desc, id desc limit 1");
        await using var reader = await newest.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new(reader.GetGuid(0).ToString(), reader.GetFieldValue<byte[]>(1));
    }

    /// <summary>As KeyRegistry makes them; <paramref name="change"/> spoils what is in it.</summary>
    /// <param name="person">Whose.</param>
    /// <param name="isOperator">As it says.</param>
    /// <param name="change">Null: nothing.</param>
    /// <param name="session">Null: one that never ends.</param>
    public string For(Guid person, bool isOperator = false, Action<JsonObject>? change = null, Guid? session = null) =>
        Signed("ES256", _kid, Claims(person, isOperator, change, session), text =>
        {
            using var key = ECDsa.Create();
            key.ImportPkcs8PrivateKey(_pkcs8, out _);
            return key.SignData(text, HashAlgorithmName.SHA256);
        });

    /// <summary>Signed by somebody else, under our key's id or under one of their own.</summary>
    public string ByAnother(Guid person, string? kid = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Signed("ES256", kid ?? _kid, Claims(person, isOperator: true, null), text => key.SignData(text, HashAlgorithmName.SHA256));
    }

    public string Unsigned(Guid person) => Signed("none", _kid, Claims(person, isOperator: true, null), _ => []);

    /// <summary>What everybody may know of the key, taken for a secret.</summary>
    public string SignedWithThePublicKey(Guid person)
    {
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(_pkcs8, out _);
        var known = key.ExportSubjectPublicKeyInfo();
        return Signed("HS256", _kid, Claims(person, isOperator: true, null), text => HMACSHA256.HashData(known, text));
    }

    /// <summary>In which session a token was issued.</summary>
    public static Guid SessionOf(string token) => (Guid)JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]))![Authentication.SessionClaim]!;

    private static JsonObject Claims(Guid person, bool isOperator, Action<JsonObject>? change, Guid? session = null)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new JsonObject
        {
            ["iss"] = Authentication.Issuer, ["aud"] = Authentication.Issuer, ["iat"] = now, ["nbf"] = now, ["exp"] = now + 3_600,
            ["sub"] = person.ToString(), [Authentication.SessionClaim] = (session ?? Guid.CreateVersion7()).ToString(), ["name"] = "somebody", [Authentication.OperatorClaim] = isOperator ? "true" : "false",
        };
        change?.Invoke(claims);
        return claims;
    }

    private static string Signed(string alg, string kid, JsonObject claims, Func<byte[], byte[]> sign)
    {
        var text = $"{Encode(JsonSerializer.SerializeToUtf8Bytes(new { alg, kid, typ = "JWT" }))}.{Encode(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        return $"{text}.{Encode(sign(Encoding.UTF8.GetBytes(text)))}";
    }

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
