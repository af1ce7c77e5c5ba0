using System.Collections.Concurrent;

namespace TokenSense.Dashboard.Session;

/// <summary>The newest tokens of each signed-in browser: pages live longer than the request that brought the cookie, and several requests bring it at once.</summary>
public sealed class TokenShelf(SignInClient signIn, TimeProvider clock, ILogger<TokenShelf> log)
{
    private const int PlacesMax = 100_000;
    private static readonly TimeSpan RenewBefore = TimeSpan.FromMinutes(5), Kept = TimeSpan.FromHours(1);
    private readonly ConcurrentDictionary<string, Place> _places = new(StringComparer.Ordinal);

    /// <summary>The tokens that a cookie stands for by now, renewed when they are about to end.</summary>
    /// <returns>Null: the session has ended.</returns>
    public async Task<ConsoleTokens?> Current(ConsoleTokens cookie, HttpContext http)
    {
        Prune();
        var place = _places.GetOrAdd(cookie.SessionId, _ => new Place(cookie));
        place.From = http.Connection.RemoteIpAddress?.ToString() ?? "";
        await place.Gate.WaitAsync(http.RequestAborted);
        try
        {
            if (cookie.AccessUntil > place.Tokens.AccessUntil) place.Tokens = cookie;
            if (place.Tokens.AccessUntil - clock.GetUtcNow() > RenewBefore && place.Tokens.AccessToken != place.Refused) return place.Tokens;
            if (await signIn.Renew(place.Tokens, http) is { } renewed) return place.Tokens = renewed;
            Forget(cookie.SessionId);
            return null;
        }
        catch (Client.ApiProblem e)
        {
            // Nobody is signed out because a service is away for a moment.
            log.LogWarning("A session could not be renewed: {Reason}", e.Message);
            return place.Tokens;
        }
        finally
        {
            place.Gate.Release();
        }
    }

    /// <summary>For a page: its browser's access token and address.</summary>
    /// <returns>Null: it is not signed in any more, or its token has ended.</returns>
    public (string AccessToken, string From)? Find(string sessionId) =>
        _places.TryGetValue(sessionId, out var place) && place.Tokens.AccessUntil > clock.GetUtcNow() ? (place.Tokens.AccessToken, place.From) : null;

    /// <summary>The API does not take this token: with its browser's next request it is renewed, or the session has ended.</summary>
    public void Refuse(string sessionId, string accessToken)
    {
        if (_places.TryGetValue(sessionId, out var place)) place.Refused = accessToken;
    }

    public void Forget(string sessionId) => _places.TryRemove(sessionId, out _);

    private void Prune()
    {
        if (_places.Count < PlacesMax) return;
        foreach (var (id, place) in _places)
            if (place.Tokens.AccessUntil + Kept < clock.GetUtcNow()) Forget(id);
    }

    private sealed class Place(ConsoleTokens tokens)
    {
        public SemaphoreSlim Gate { get; } = new(1);
        public volatile ConsoleTokens Tokens = tokens;
        public volatile string From = "";
        public volatile string? Refused;
    }
}
