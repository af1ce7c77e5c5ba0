using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace TokenSense.Dashboard.Api;

/// <summary>The door is as healthy as what is behind it.</summary>
public sealed class ServiceHealth(IHttpClientFactory clients, Uri health) : IHealthCheck
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken ct = default)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(ct);
        late.CancelAfter(WaitMax);
        try
        {
            using var client = clients.CreateClient();
            using var answer = await client.GetAsync(health, late.Token);
            return answer.IsSuccessStatusCode ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy($"It answers {(int)answer.StatusCode}.");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy("It does not answer.");
        }
    }
}
