using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace TokenSense.KeyRegistry.Credentials;

/// <summary>What this service asks of RabbitMQ's management API.</summary>
public sealed class BrokerManagement(BrokerSettings settings) : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public sealed record User(string Name, string? PasswordHash);

    /// <summary>Patterns over the names of exchanges and queues.</summary>
    public sealed record Permissions(string Configure, string Write, string Read)
    {
        /// <summary>The exchange of <c>UsageReported</c> may be written to, nothing else is allowed. <c>^$</c> is no name at all.</summary>
        public static readonly Permissions OfGateway = new("^$", @"^TokenSense\.Contracts:UsageReported$", "^$");
    }

    private sealed record Permitted(string User, string Configure, string Write, string Read);

    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        BaseAddress = settings.Management,
        Timeout = TimeSpan.FromSeconds(5),
        DefaultRequestHeaders =
        {
            Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{settings.User}:{settings.Password}"))),
        },
    };

    public async Task<User?> Find(string user, CancellationToken ct)
    {
        using var answer = await _http.GetAsync($"users/{Uri.EscapeDataString(user)}", ct);
        return answer.StatusCode == HttpStatusCode.NotFound ? null : await (await Good(answer, ct)).Content.ReadFromJsonAsync<User>(Json, ct);
    }

    public async Task<Dictionary<string, User>> Users(CancellationToken ct) =>
        (await Read<User[]>("users?columns=name,password_hash", ct)).ToDictionary(u => u.Name, StringComparer.Ordinal);

    public async Task<Dictionary<string, Permissions>> AllPermissions(CancellationToken ct) =>
        (await Read<Permitted[]>($"vhosts/{VirtualHost}/permissions", ct)).ToDictionary(p => p.User, p => new Permissions(p.Configure, p.Write, p.Read), StringComparer.Ordinal);

    public Task Put(string user, string passwordHash, CancellationToken ct) =>
        Send(HttpMethod.Put, $"users/{Uri.EscapeDataString(user)}", new { password_hash = passwordHash, hashing_algorithm = BrokerPassword.Algorithm, tags = "" }, ct);

    public Task Permit(string user, Permissions permissions, CancellationToken ct) =>
        Send(HttpMethod.Put, $"permissions/{VirtualHost}/{Uri.EscapeDataString(user)}", permissions, ct);

    public Task Delete(string user, CancellationToken ct) => Send(HttpMethod.Delete, $"users/{Uri.EscapeDataString(user)}", null, ct);

    /// <summary>Who is connected stays so, whatever becomes of the password, until told to go.</summary>
    public Task CloseConnections(string user, CancellationToken ct) =>
        Send(HttpMethod.Delete, $"connections/username/{Uri.EscapeDataString(user)}", null, ct);

    public void Dispose() => _http.Dispose();

    private string VirtualHost => Uri.EscapeDataString(settings.VirtualHost);

    private async Task<T> Read<T>(string path, CancellationToken ct)
    {
        using var answer = await _http.GetAsync(path, ct);
        return (await (await Good(answer, ct)).Content.ReadFromJsonAsync<T>(Json, ct))!;
    }

    private async Task Send(HttpMethod method, string path, object? body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body, options: Json) };
        using var answer = await _http.SendAsync(request, ct);
        // Gone already is what was wanted.
        if (method == HttpMethod.Delete && answer.StatusCode == HttpStatusCode.NotFound) return;
        await Good(answer, ct);
    }

    private static async Task<HttpResponseMessage> Good(HttpResponseMessage answer, CancellationToken ct)
    {
        if (answer.IsSuccessStatusCode) return answer;
        var said = await answer.Content.ReadAsStringAsync(ct);
        throw new HttpRequestException(
            $"{answer.RequestMessage?.Method} {answer.RequestMessage?.RequestUri?.AbsolutePath} was answered {(int)answer.StatusCode}: {said[..Math.Min(said.Length, 300)]}",
            null, answer.StatusCode);
    }
}
