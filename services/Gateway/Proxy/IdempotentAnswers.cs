using System.Collections.Concurrent;
using Microsoft.Extensions.Primitives;
using TokenSense.Enforcement;

namespace TokenSense.Gateway.Proxy;

/// <summary>Answers by API key and <c>Idempotency-Key</c>, in memory: the same request again within ten minutes gets the same answer, and costs nothing.</summary>
public sealed class IdempotentAnswers(TimeProvider clock)
{
    public const int KeyLengthMax = 255;
    public const int AnswerBytesMax = 1_048_576;
    private const long BytesMax = 256 * 1_048_576, EntriesMax = 100_000;
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(10);

    private static readonly Refusal InFlight =
        new(409, "DUPLICATE_REQUEST", "A request with this Idempotency-Key is being answered.", "invalid_request_error") { RetryAfterSeconds = 1 };

    private readonly ConcurrentDictionary<(Guid KeyId, string Name), Kept> _kept = new();
    private readonly Queue<(DateTimeOffset Until, (Guid, string) Key, Kept Kept)> _oldest = new();
    private long _bytes;

    /// <param name="keyId">Whose.</param>
    /// <param name="name">The header's value.</param>
    /// <param name="request">What tells this request from another: a digest of its address and body.</param>
    /// <param name="mayCall">False: it is told what is here, and gets no place.</param>
    /// <returns>The answer to repeat; a refusal; or a place to leave the answer in, or to give up.</returns>
    public (Answer? Answer, Refusal? Refusal, Place? Place) Begin(Guid keyId, string name, string request, bool mayCall = true)
    {
        Sweep();
        if (name.Length is 0 or > KeyLengthMax) return (null, Refusal.InvalidRequest($"Idempotency-Key has 1 to {KeyLengthMax} characters."), null);
        var mine = new Kept(request);
        var held = mayCall ? _kept.GetOrAdd((keyId, name), mine) : _kept.GetValueOrDefault((keyId, name));
        if (held is null) return (null, null, null);
        if (held == mine) return (null, null, new(this, (keyId, name), mine));
        if (held.Request != request) return (null, Refusal.InvalidRequest("This Idempotency-Key was used with another request."), null);
        return held.Answer is { } answer ? (answer, null, null) : (null, InFlight, null);
    }

    private void Leave((Guid, string) key, Kept kept, Answer answer)
    {
        if (answer.Body.Length > AnswerBytesMax || Interlocked.Add(ref _bytes, answer.Body.Length) > BytesMax || _kept.Count > EntriesMax)
        {
            if (answer.Body.Length <= AnswerBytesMax) Interlocked.Add(ref _bytes, -answer.Body.Length);
            _kept.TryRemove(key, out _);
            return;
        }
        kept.Answer = answer;
        lock (_oldest) _oldest.Enqueue((clock.GetUtcNow() + KeptFor, key, kept));
    }

    private void Sweep()
    {
        var now = clock.GetUtcNow();
        lock (_oldest)
            while (_oldest.TryPeek(out var oldest) && oldest.Until <= now)
            {
                _oldest.Dequeue();
                if (_kept.TryRemove(new(oldest.Key, oldest.Kept))) Interlocked.Add(ref _bytes, -oldest.Kept.Answer!.Body.Length);
            }
    }

    public sealed record Answer(int Status, KeyValuePair<string, StringValues>[] Headers, ReadOnlyMemory<byte> Body);

    /// <summary>Where one request's answer goes. Given up, the next request with its name is a first one.</summary>
    public sealed class Place(IdempotentAnswers owner, (Guid, string) key, Kept kept)
    {
        public void Leave(Answer answer) => owner.Leave(key, kept, answer);

        public void GiveUp() => owner._kept.TryRemove(new(key, kept));
    }

    public sealed class Kept(string request)
    {
        private volatile Answer? _answer;

        public string Request => request;
        public Answer? Answer { get => _answer; set => _answer = value; }
    }
}
