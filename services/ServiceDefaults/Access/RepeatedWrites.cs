using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace TokenSense.ServiceDefaults.Access;

/// <summary>
/// <c>Idempotency-Key</c> of the management API: the same write again, of the same caller within 24 hours, is answered as the first time and done once.
/// Only what was done (2xx) is repeated; what was refused may be tried again.
/// </summary>
/// <remarks>
/// In the service's database, so that replicas and restarts know it too. An answer may hold a secret that is shown once: it is kept encrypted with
/// a key derived from the client's own, which is kept nowhere. A process that dies between the write and its answer leaves a claim without one; the
/// next try after <see cref="ClaimMax"/> is a first one.
/// </remarks>
public sealed class RepeatedWrites(NpgsqlDataSource database, ILogger<RepeatedWrites> log)
{
    public const string Header = "Idempotency-Key", Replayed = "Idempotent-Replayed";
    public const int NameLengthMax = 255;

    /// <summary>Of the service's own tables.</summary>
    public const string Tables =
        """
        create table repeated_writes (
            id bytea primary key,
            request bytea not null,
            answer bytea,
            at timestamptz not null default now());
        create index repeated_writes_at on repeated_writes (at);
        """;

    private const int BodyBytesMax = 2 * 1_048_576, AnswerBytesMax = 65_536, NonceBytes = 12, TagBytes = 16, KeyBytes = 32;
    private static readonly TimeSpan ClaimMax = TimeSpan.FromMinutes(2);
    private static readonly string[] HeadersKept = ["Content-Type", "Location", "Cache-Control"];

    /// <param name="http">A request that was let in.</param>
    /// <param name="write">Does it.</param>
    public async Task Once(HttpContext http, RequestDelegate write)
    {
        var names = http.Request.Headers[Header];
        if (names is not [{ Length: > 0 and <= NameLengthMax } name])
        {
            await Problems.Invalid(new Dictionary<string, string[]> { [Header] = [$"must be one text of 1 to {NameLengthMax} characters"] }).ExecuteAsync(http);
            return;
        }
        var ct = http.RequestAborted;
        var id = SHA256.HashData(Encoding.UTF8.GetBytes($"{http.Asker().Actor}\n{name}"));
        var keys = HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(name), 2 * KeyBytes, id);
        var request = await DigestOf(http, keys[KeyBytes..]);
        if (!await Claim(id, request, ct))
        {
            var (known, sealedAnswer) = await Find(id, ct);
            if (known is not null && !CryptographicOperations.FixedTimeEquals(known, request))
                await Problems.Invalid(new Dictionary<string, string[]> { [Header] = ["was used with another request"] }).ExecuteAsync(http);
            else if (sealedAnswer is null) await StillUnderWay(http).ExecuteAsync(http);
            else await Repeat(http, Open(sealedAnswer, keys[..KeyBytes]));
            return;
        }
        var answer = await Capture(http, write, id);
        // Before it is sent: who has it, may ask again.
        if (http.Response.StatusCode is >= 200 and < 300 && answer.Length <= AnswerBytesMax)
        {
            var headers = HeadersKept.Where(http.Response.Headers.ContainsKey).ToDictionary(h => h, h => http.Response.Headers[h].ToString());
            await Settle(id, Seal(new(http.Response.StatusCode, headers, answer), keys[..KeyBytes]));
        }
        else
        {
            await Settle(id, null);
        }
        if (answer.Length > 0) await http.Response.Body.WriteAsync(answer, ct);
    }

    private async Task<byte[]> Capture(HttpContext http, RequestDelegate write, byte[] id)
    {
        var down = http.Response.Body;
        using var answer = new MemoryStream();
        http.Response.Body = answer;
        try
        {
            await write(http);
            await http.Response.CompleteAsync();
        }
        catch
        {
            await Settle(id, null);
            throw;
        }
        finally
        {
            http.Response.Body = down;
        }
        return answer.ToArray();
    }

    private async Task<bool> Claim(byte[] id, byte[] request, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("delete from repeated_writes where at < now() - interval '24 hours'"),
                new($"""
                    insert into repeated_writes as w (id, request) values ($1, $2)
                    on conflict (id) do update set request = excluded.request, at = now() where w.answer is null and w.at < now() - interval '{ClaimMax.TotalSeconds} seconds'
                    returning true
                    """) { Parameters = { new() { Value = id }, new() { Value = request } } },
            },
        };
        return await batch.ExecuteScalarAsync(ct) is true;
    }

    private async Task<(byte[]? Request, byte[]? Answer)> Find(byte[] id, CancellationToken ct)
    {
        await using var select = database.CreateCommand("select request, answer from repeated_writes where id = $1");
        select.Parameters.Add(new() { Value = id });
        await using var reader = await select.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) return (null, null);
        return (reader.GetFieldValue<byte[]>(0), await reader.IsDBNullAsync(1, ct) ? null : reader.GetFieldValue<byte[]>(1));
    }

    // Whether or not its client still listens.
    private async Task Settle(byte[] id, byte[]? answer)
    {
        try
        {
            await using var settle = database.CreateCommand(answer is null ? "delete from repeated_writes where id = $1" : "update repeated_writes set answer = $2 where id = $1");
            settle.Parameters.Add(new() { Value = id });
            if (answer is not null) settle.Parameters.Add(new() { Value = answer });
            await settle.ExecuteNonQueryAsync();
        }
        catch (Exception e) when (Faults.IsInfrastructure(e))
        {
            log.LogWarning("What came of a write with an Idempotency-Key could not be kept: {Reason}", e.Message);
        }
    }

    // Keyed, because a body may hold what must not be guessed from its hash.
    private static async Task<byte[]> DigestOf(HttpContext http, byte[] key)
    {
        http.Request.EnableBuffering(bufferThreshold: BodyBytesMax);
        using var digest = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        digest.AppendData(Encoding.UTF8.GetBytes($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}\n"));
        var buffer = new byte[16 * 1024];
        while (await http.Request.Body.ReadAsync(buffer, http.RequestAborted) is > 0 and var count) digest.AppendData(buffer, 0, count);
        http.Request.Body.Position = 0;
        return digest.GetHashAndReset();
    }

    private static byte[] Seal(Answer answer, byte[] key)
    {
        var plain = JsonSerializer.SerializeToUtf8Bytes(answer);
        var kept = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(kept.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Encrypt(kept.AsSpan(0, NonceBytes), plain, kept.AsSpan(NonceBytes + TagBytes), kept.AsSpan(NonceBytes, TagBytes));
        return kept;
    }

    private static Answer Open(byte[] kept, byte[] key)
    {
        var plain = new byte[kept.Length - NonceBytes - TagBytes];
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Decrypt(kept.AsSpan(0, NonceBytes), kept.AsSpan(NonceBytes + TagBytes), kept.AsSpan(NonceBytes, TagBytes), plain);
        return JsonSerializer.Deserialize<Answer>(plain)!;
    }

    private static async Task Repeat(HttpContext http, Answer answer)
    {
        http.Response.StatusCode = answer.Status;
        foreach (var (header, value) in answer.Headers) http.Response.Headers[header] = value;
        http.Response.Headers[Replayed] = "true";
        if (answer.Body.Length > 0) await http.Response.Body.WriteAsync(answer.Body, http.RequestAborted);
    }

    private static IResult StillUnderWay(HttpContext http)
    {
        http.Response.Headers.RetryAfter = "1";
        return Problems.Of(StatusCodes.Status409Conflict, "DUPLICATE_REQUEST", $"A request with this {Header} is being answered.");
    }

    private sealed record Answer(int Status, Dictionary<string, string> Headers, byte[] Body);
}
