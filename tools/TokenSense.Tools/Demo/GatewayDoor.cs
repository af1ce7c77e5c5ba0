using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace TokenSense.Tools.Demo;

/// <summary>What the gateway says to a key.</summary>
/// <param name="Status">0: no answer.</param>
/// <param name="Code">Of an error.</param>
/// <param name="Budgets">By scope's id: those that apply, or with 402 those that are used up.</param>
public sealed record Decided(int Status, string? Code, ImmutableDictionary<Guid, decimal> Budgets)
{
    public bool IsAllowed => Status == 200;
    public bool IsBudget => Status == 402;

    /// <summary>Says nothing about the budget: ask again.</summary>
    public bool IsPassing => Status is 0 or 429 or 503;

    public string Outcome => Status == 0 ? "no answer" : Code is null ? $"{Status}" : $"{Status} {Code}";
}

/// <summary>"May this key spend?", asked of the gateway over HTTP.</summary>
public sealed class GatewayDoor : IDisposable
{
    private static readonly TimeSpan KnownWithin = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http = new() { BaseAddress = Settings.Gateway, Timeout = TimeSpan.FromSeconds(15) };

    public async Task<Decided> Ask(string secret, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/authorize") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", secret) } };
        try
        {
            using var answer = await _http.SendAsync(request, ct);
            return Read(answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(ct));
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            return new(0, null, []);
        }
    }

    /// <summary>Before anything is made that would be of no use.</summary>
    public async Task MustAnswer(CancellationToken ct)
    {
        if ((await Ask("", ct)).Status == 0) throw NoAnswer();
    }

    /// <summary>Waits until the gateway holds every key of the stage to its new budgets.</summary>
    public async Task UntilKnown(Stage stage, CancellationToken ct)
    {
        var deadline = Environment.TickCount64 + (long)KnownWithin.TotalMilliseconds;
        foreach (var lane in stage.Lanes)
            while (true)
            {
                var decided = await Ask(lane.Secret, ct);
                if (decided.IsAllowed && Holds(stage.WorkspaceId, stage.BudgetUsd)
                    && (lane.BudgetUsd is not { } budget || Holds(lane.ProjectId!.Value, budget))) break;
                if (Environment.TickCount64 >= deadline)
                    throw decided.Status == 0 ? NoAnswer() : new CannotRunException(
                        $"The gateway at {_http.BaseAddress} has not taken up the new budgets after {KnownWithin.TotalSeconds} s; it answers {decided.Outcome}.");
                await Task.Delay(50, ct);

                bool Holds(Guid scope, decimal amount) => decided.Budgets.TryGetValue(scope, out var known) && known == amount;
            }
    }

    public void Dispose() => _http.Dispose();

    private CannotRunException NoAnswer() => new($"The gateway at {_http.BaseAddress} does not answer.");

    private static Decided Read(HttpStatusCode status, byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement.TryGetProperty("error", out var error) ? error : json.RootElement;
            return new((int)status, root.TryGetProperty("code", out var code) ? code.GetString() : null,
                root.TryGetProperty("budgets", out var budgets)
                    ? budgets.EnumerateArray().ToImmutableDictionary(b => b.GetProperty("id").GetGuid(), b => b.GetProperty("budget_usd").GetDecimal())
                    : []);
        }
        catch (JsonException)
        {
            return new((int)status, null, []);
        }
    }
}
