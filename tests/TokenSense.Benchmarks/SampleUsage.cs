using TokenSense.Contracts;
using TokenSense.Metering.Usage;
using TokenSense.Pricing;

namespace TokenSense.Benchmarks;

/// <summary>Usage as a gateway reports it: three projects and fifty keys of a workspace, three models, cached input, one pair of metadata.</summary>
internal static class SampleUsage
{
    private const int Keys = 50;
    private const int Projects = 3;
    private static readonly (string Provider, string Model)[] Models = [("openai", "gpt-4o"), ("openai", "gpt-4o-mini"), ("anthropic", "claude-3-5-sonnet-20241022")];

    public static AttributedLine Line(Guid workspaceId, int index)
    {
        var key = Key(workspaceId, Random.Shared.Next(Keys));
        var (provider, model) = Models[Random.Shared.Next(Models.Length)];
        var input = Random.Shared.Next(200, 8_000);
        return new AttributedLine(index, new ReportedLine
        {
            Id = Guid.CreateVersion7().ToString(), Source = null, Time = DateTimeOffset.UtcNow, KeyId = key.KeyId, KeySha256 = null, Project = null,
            Provider = provider, Model = model, ApiFlavor = "chat",
            Usage = new TokenUsage { InputTokens = input, CacheReadTokens = input / 3, OutputTokens = Random.Shared.Next(20, 1_500) },
            CostUsd = null, Estimated = false, Metadata = new Dictionary<string, string> { ["feature"] = $"search-{Random.Shared.Next(100)}" },
            LatencyMs = Random.Shared.Next(300, 9_000), Status = 200, GatewayEpoch = null,
        }, key, key.ProjectId);
    }

    private static ApiKeyChanged Key(Guid workspaceId, int number) => new()
    {
        KeyId = UsageName.Of($"{workspaceId}", $"key-{number}"), WorkspaceId = workspaceId, ProjectId = UsageName.Of($"{workspaceId}", $"project-{number % Projects}"),
        Name = "bench", Scopes = ["call"], Secrets = [], Version = 1,
    };
}
