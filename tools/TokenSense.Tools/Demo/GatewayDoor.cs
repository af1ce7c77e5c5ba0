using System.Net.Http.Headers;
using System.Text.Json;

namespace TokenSense.Tools.Demo;

/// <summary>The gateway as its clients reach it.</summary>
public sealed class GatewayDoor : IDisposable
{
    private static readonly TimeSpan KnownWithin = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http = new() { BaseAddress = Settings.Gateway, Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>Asks a model, and reads the whole answer.</summary>
    public async Task<ClientAnswer> Call(StagedLane lane, TracedCall call, bool stream, CancellationToken ct)
    {
        using var request = Wire.Request(lane.Lane, call, stream, lane.Secret);
        try
        {
            using var answer = await _http.SendAsync(request, ct);
            return ClientAnswer.Read(answer, await answer.Content.ReadAsStringAsync(ct), lane.Lane, stream);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            return new(0, e.GetBaseException().Message);
        }
    }

    /// <summary>Before anything is made that would be of no use.</summary>
    public async Task MustAnswer(CancellationToken ct)
    {
        if (await Ask("", ct) is null) throw NoAnswer();
    }

    /// <summary>Waits until the gateway holds every key of the stage to its new budgets.</summary>
    public async Task UntilKnown(Stage stage, CancellationToken ct)
    {
        var deadline = Environment.TickCount64 + (long)KnownWithin.TotalMilliseconds;
        foreach (var lane in stage.Lanes)
            while (true)
            {
                var decided = await Ask(lane.Secret, ct);
                if (decided is (200, { } body) && Holds(body, stage.WorkspaceId, stage.BudgetUsd)
                    && (lane.BudgetUsd is not { } budget || Holds(body, lane.ProjectId!.Value, budget))) break;
                if (Environment.TickCount64 >= deadline)
                    throw decided is not var (status, _) ? NoAnswer() : new CannotRunException(
                        $"The gateway at {_http.BaseAddress} has not taken up the new budgets after {KnownWithin.TotalSeconds} s; it answers {status}.");
                await Task.Delay(50, ct);
            }
    }

    public void Dispose() => _http.Dispose();

    // "May this key spend?" Null: no answer.
    private async Task<(int Status, string Body)?> Ask(string secret, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/authorize") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", secret) } };
        try
        {
            using var answer = await _http.SendAsync(request, ct);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(ct));
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            return null;
        }
    }

    private static bool Holds(string body, Guid scope, decimal budgetUsd)
    {
        using var json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("budgets").EnumerateArray().Any(b => b.GetProperty("id").GetGuid() == scope && b.GetProperty("budget_usd").GetDecimal() == budgetUsd);
    }

    private CannotRunException NoAnswer() => new($"The gateway at {_http.BaseAddress} does not answer.");
}
