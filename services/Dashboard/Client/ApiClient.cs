using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.JSInterop;
using TokenSense.Dashboard.Session;
using TokenSense.ServiceDefaults;

namespace TokenSense.Dashboard.Client;

/// <summary>The management API, asked in the name of whoever looks at the page: services let them do what they may, and the page does not decide it.</summary>
public sealed class ApiClient(IHttpClientFactory clients, ApiAddresses addresses, AuthenticationStateProvider who, TokenShelf shelf, IJSRuntime browser)
{
    public const string ClientName = "api";

    /// <param name="path">Below <c>/api/v1/</c>.</param>
    /// <exception cref="ApiProblem">What was refused, and why.</exception>
    /// <exception cref="SignedOut">The session has ended.</exception>
    public Task<T> Get<T>(string path, CancellationToken ct = default) => Ask(path, HttpMethod.Get, null, Answer<T>, ct);

    /// <summary>The same where "there is none" is an answer.</summary>
    public async Task<T?> Find<T>(string path, CancellationToken ct = default) where T : class
    {
        try
        {
            return await Get<T>(path, ct);
        }
        catch (ApiProblem e) when (e.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>All of a list, page by page.</summary>
    public async Task<IReadOnlyList<T>> All<T>(string path, CancellationToken ct = default)
    {
        var (all, cursor) = (new List<T>(), "");
        do
        {
            var page = await Get<ListOf<T>>($"{path}{(path.Contains('?') ? '&' : '?')}limit=200{cursor}", ct);
            all.AddRange(page.Data);
            cursor = page.NextCursor is { } next ? $"&cursor={Uri.EscapeDataString(next)}" : "";
        } while (cursor.Length > 0);
        return all;
    }

    public Task<T> Send<T>(HttpMethod method, string path, object? body, CancellationToken ct = default) => Ask(path, method, body, Answer<T>, ct);

    public Task Send(HttpMethod method, string path, object? body, CancellationToken ct = default) => Ask(path, method, body, Answer<JsonElement?>, ct);

    /// <summary>An answer that is read as it comes.</summary>
    public Task<T> Stream<T>(string path, Func<System.IO.Stream, CancellationToken, Task<T>> read, CancellationToken ct) =>
        Ask(path, HttpMethod.Get, null, (client, request, stop) => Answered(client, request, (answer, token) => ReadStream(answer, read, token), stop), ct);

    /// <summary>Sends a request and reads its answer, or what was refused.</summary>
    public static Task<T> Answer<T>(HttpClient client, HttpRequestMessage request, CancellationToken ct) => Answered(client, request, async (answer, stop) =>
        answer.StatusCode == HttpStatusCode.NoContent || answer.Content.Headers.ContentLength == 0 ? default! : (await answer.Content.ReadFromJsonAsync<T>(Service.Json, stop))!, ct);

    private static async Task<T> ReadStream<T>(HttpResponseMessage answer, Func<System.IO.Stream, CancellationToken, Task<T>> read, CancellationToken ct)
    {
        await using var stream = await answer.Content.ReadAsStreamAsync(ct);
        return await read(stream, ct);
    }

    private static async Task<T> Answered<T>(HttpClient client, HttpRequestMessage request, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken ct)
    {
        try
        {
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            if (!answer.IsSuccessStatusCode) throw await ProblemOf(answer, ct);
            return await read(answer, ct);
        }
        catch (HttpRequestException e)
        {
            throw new ApiProblem(HttpStatusCode.ServiceUnavailable, "SERVICE_UNAVAILABLE", "A service does not answer. Try again shortly.", new Dictionary<string, string[]>()) { Source = e.Source };
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new ApiProblem(HttpStatusCode.GatewayTimeout, "SERVICE_UNAVAILABLE", "A service took too long to answer. Try again shortly.", new Dictionary<string, string[]>());
        }
    }

    public static async Task<ApiProblem> ProblemOf(HttpResponseMessage answer, CancellationToken ct)
    {
        try
        {
            var problem = await answer.Content.ReadFromJsonAsync<Problem>(Service.Json, ct);
            return new(answer.StatusCode, problem?.Code ?? "", problem?.Detail ?? $"The answer was HTTP {(int)answer.StatusCode}.", problem?.Errors ?? new Dictionary<string, string[]>());
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return new(answer.StatusCode, "", $"The answer was HTTP {(int)answer.StatusCode}.", new Dictionary<string, string[]>());
        }
    }

    private sealed record Problem(string? Code, string? Detail, Dictionary<string, string[]>? Errors);

    private async Task<T> Ask<T>(string path, HttpMethod method, object? body, Func<HttpClient, HttpRequestMessage, CancellationToken, Task<T>> answer, CancellationToken ct)
    {
        var (session, token, from) = await Token();
        using var client = clients.CreateClient(ClientName);
        using var request = new HttpRequestMessage(method, addresses.Of(path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (from.Length > 0) request.Headers.Add("X-Forwarded-For", from);
        if (body is not null) request.Content = JsonContent.Create(body, body.GetType(), options: Service.Json);
        try
        {
            return await answer(client, request, ct);
        }
        catch (ApiProblem e) when (e.Status == HttpStatusCode.Unauthorized)
        {
            shelf.Refuse(session, token);
            throw new SignedOut();
        }
    }

    private async Task<(string Session, string Token, string From)> Token()
    {
        var session = (await who.GetAuthenticationStateAsync()).User.FindFirst(SessionCookie.SessionClaim)?.Value ?? throw new SignedOut();
        if (shelf.Find(session) is { } held) return (session, held.AccessToken, held.From);
        // The page slept for longer than its token lives: its browser brings the cookie once more.
        if (await browser.InvokeAsync<bool>("tokensense.renew") && shelf.Find(session) is { } renewed) return (session, renewed.AccessToken, renewed.From);
        throw new SignedOut();
    }
}

/// <summary>The browser has to sign in again.</summary>
public sealed class SignedOut() : Exception("The session has ended. Sign in again.");
