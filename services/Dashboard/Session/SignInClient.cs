using System.Net;
using TokenSense.Dashboard.Api;
using TokenSense.Dashboard.Client;
using TokenSense.ServiceDefaults;

namespace TokenSense.Dashboard.Session;

/// <summary>Asks KeyRegistry for tokens.</summary>
public sealed class SignInClient(IHttpClientFactory clients, IConfiguration settings, TimeProvider clock)
{
    private readonly Uri _address = FrontDoor.AddressOf(settings, FrontDoor.KeyRegistry);

    /// <summary>What an invitation offers.</summary>
    public sealed record Invitation(string Workspace, string Email, string? Name, string Role, bool NeedsPassword, DateTimeOffset ExpiresAt);

    private sealed record Accepted(string WorkspaceSlug, string AccessToken, int ExpiresIn, string RefreshToken);

    private sealed record Answer(string AccessToken, int ExpiresIn, string RefreshToken);

    /// <exception cref="ApiProblem">What was wrong, in words.</exception>
    public async Task<ConsoleTokens> SignIn(string email, string password, HttpContext http) =>
        Read(await Ask<Answer>("auth/token", new { email, password }, http), Guid.NewGuid().ToString("N"));

    /// <returns>Null: the session has ended.</returns>
    /// <exception cref="ApiProblem">KeyRegistry does not answer.</exception>
    public async Task<ConsoleTokens?> Renew(ConsoleTokens tokens, HttpContext http)
    {
        try
        {
            return Read(await Ask<Answer>("auth/token", new { grant_type = "refresh_token", refresh_token = tokens.RefreshToken }, http), tokens.SessionId);
        }
        catch (ApiProblem e) when (e.Status is HttpStatusCode.Unauthorized or HttpStatusCode.BadRequest)
        {
            return null;
        }
    }

    public Task<Invitation> Look(string token, HttpContext http) => Ask<Invitation>("auth/invitations/look", new { token }, http);

    /// <exception cref="ApiProblem">KeyRegistry does not answer, or knows of no session.</exception>
    public async Task SignOut(string accessToken, HttpContext http)
    {
        using var client = clients.CreateClient(ApiClient.ClientName);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_address, "api/v1/auth/sign-out"));
        request.Headers.Authorization = new("Bearer", accessToken);
        request.Headers.Add("X-Forwarded-For", http.Connection.RemoteIpAddress?.ToString());
        await ApiClient.Answer<System.Text.Json.JsonElement?>(client, request, http.RequestAborted);
    }

    /// <returns>The tokens of the new member, and the slug of the workspace.</returns>
    public async Task<(ConsoleTokens Tokens, string Workspace)> Accept(string token, string? name, string password, HttpContext http)
    {
        var accepted = await Ask<Accepted>("auth/invitations/accept", new { token, name, password }, http);
        return (Read(new(accepted.AccessToken, accepted.ExpiresIn, accepted.RefreshToken), Guid.NewGuid().ToString("N")), accepted.WorkspaceSlug);
    }

    public Task AskForReset(string email, HttpContext http) => Ask<object>("auth/password/reset", new { email }, http);

    public Task Reset(string token, string password, HttpContext http) => Ask<object>("auth/password/reset/confirm", new { token, password }, http);

    private ConsoleTokens Read(Answer answer, string sessionId) =>
        new(sessionId, answer.AccessToken, clock.GetUtcNow().AddSeconds(answer.ExpiresIn), answer.RefreshToken);

    private async Task<T> Ask<T>(string path, object body, HttpContext http)
    {
        using var client = clients.CreateClient(ApiClient.ClientName);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_address, $"api/v1/{path}")) { Content = JsonContent.Create(body, options: Service.Json) };
        request.Headers.Add("X-Forwarded-For", http.Connection.RemoteIpAddress?.ToString());
        request.Headers.TryAddWithoutValidation("User-Agent", http.Request.Headers.UserAgent.ToString());
        return await ApiClient.Answer<T>(client, request, http.RequestAborted);
    }
}
