using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace TokenSense.Tools;

/// <summary>The management API, as its owner. Answers stay JSON, so that every digit of a number stays too.</summary>
public sealed class ConsoleApi : IDisposable
{
    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private readonly HttpClient _http = new() { BaseAddress = Settings.Console, Timeout = TimeSpan.FromSeconds(30) };
    private readonly (string Email, string Password) _owner = (Settings.OwnerEmail, Settings.OwnerPassword);

    private ConsoleApi() { }

    public static async Task<ConsoleApi> SignIn(CancellationToken ct)
    {
        var api = new ConsoleApi();
        try
        {
            await api.SignInAgain(ct);
            return api;
        }
        catch
        {
            api.Dispose();
            throw;
        }
    }

    public Task<JsonElement> Get(string path, CancellationToken ct) => Send(HttpMethod.Get, path, null, ct);

    public Task<JsonElement> Post(string path, object body, CancellationToken ct) => Send(HttpMethod.Post, path, body, ct);

    public Task<JsonElement> Put(string path, object body, CancellationToken ct) => Send(HttpMethod.Put, path, body, ct);

    public void Dispose() => _http.Dispose();

    private async Task SignInAgain(CancellationToken ct)
    {
        using var answer = await Answer(HttpMethod.Post, "auth/token", new { email = _owner.Email, password = _owner.Password }, ct);
        if (answer.StatusCode is HttpStatusCode.Unauthorized)
            throw new CannotRunException($"{_owner.Email} cannot sign in at {_http.BaseAddress}: the e-mail or the password is wrong.");
        var token = (await Read(answer, "auth/token", ct)).GetProperty("access_token").GetString()!;
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    private async Task<JsonElement> Send(HttpMethod method, string path, object? body, CancellationToken ct)
    {
        using var answer = await Answer(method, path, body, ct);
        if (answer.StatusCode is not HttpStatusCode.Unauthorized) return await Read(answer, path, ct);
        // A long replay outlives its token.
        await SignInAgain(ct);
        using var again = await Answer(method, path, body, ct);
        return await Read(again, path, ct);
    }

    private async Task<HttpResponseMessage> Answer(HttpMethod method, string path, object? body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, $"api/v1/{path}");
        if (body is not null) request.Content = new StringContent(JsonSerializer.Serialize(body, SnakeCase), new MediaTypeHeaderValue("application/json"));
        try
        {
            return await _http.SendAsync(request, ct);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            throw new CannotRunException($"The console at {_http.BaseAddress} does not answer: {e.Message}", e);
        }
    }

    private static async Task<JsonElement> Read(HttpResponseMessage answer, string path, CancellationToken ct)
    {
        var text = await answer.Content.ReadAsStringAsync(ct);
        if (!answer.IsSuccessStatusCode) throw new ApiRefusedException(answer.StatusCode, path, text);
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(text);
        }
        catch (JsonException e)
        {
            throw new CannotRunException($"{path} was not answered in JSON. Is TOKENSENSE_CONSOLE_URL a TokenSense console?", e);
        }
    }
}

public sealed class ApiRefusedException(HttpStatusCode status, string path, string body) : Exception($"{path} was answered {(int)status}: {body}")
{
    public HttpStatusCode Status => status;
}
