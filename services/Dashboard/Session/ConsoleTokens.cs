using Microsoft.AspNetCore.Authentication;
using Microsoft.IdentityModel.JsonWebTokens;

namespace TokenSense.Dashboard.Session;

/// <summary>What a browser's cookie stands for. It is encrypted there and used here alone: no page and no script ever holds a token.</summary>
/// <param name="SessionId">Names the browser's sign-in, whichever tokens it has by now.</param>
/// <param name="RefreshToken">For one use: the next tokens come with another.</param>
public sealed record ConsoleTokens(string SessionId, string AccessToken, DateTimeOffset AccessUntil, string RefreshToken)
{
    private const string Session = "session", Access = "access_token", Until = "access_until", Refresh = "refresh_token";

    public static ConsoleTokens? Read(AuthenticationProperties properties) =>
        properties.GetTokenValue(Session) is { } session && properties.GetTokenValue(Access) is { } access
        && properties.GetTokenValue(Refresh) is { } refresh && DateTimeOffset.TryParse(properties.GetTokenValue(Until), out var until)
            ? new(session, access, until, refresh)
            : null;

    public void Write(AuthenticationProperties properties) => properties.StoreTokens(
    [
        new() { Name = Session, Value = SessionId }, new() { Name = Access, Value = AccessToken },
        new() { Name = Until, Value = AccessUntil.ToString("O") }, new() { Name = Refresh, Value = RefreshToken },
    ]);

    /// <summary>Who signed in, as KeyRegistry wrote it into the token that it just gave.</summary>
    public IEnumerable<System.Security.Claims.Claim> Claims => new JsonWebToken(AccessToken).Claims.Where(c => c.Type is "sub" or "name" or "operator" or "sid");
}
