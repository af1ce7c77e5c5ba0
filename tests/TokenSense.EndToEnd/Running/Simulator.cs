using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace TokenSense.EndToEnd.Running;

/// <summary>The providers, and what they would have billed; tests/TokenSense.Simulator/README.md has the directives and the log.</summary>
public sealed class Simulator : IAsyncLifetime
{
    public const string OpenAiKey = "sk-sim-openai", AnthropicKey = "sk-sim-anthropic", GoogleKey = "sk-sim-google";

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly Dictionary<string, string> _settings = new() { ["Simulator__BodiesKept"] = "100" };

    public Simulator() => Process = new(ServiceProcess.Simulator, _settings);

    /// <summary>Where the log is kept over restarts; without it, in memory alone.</summary>
    public string LogFile { init => _settings["Simulator__LogFile"] = value; }

    /// <summary>How many of the last answers <see cref="Body"/> can give.</summary>
    public int BodiesKept { init => _settings["Simulator__BodiesKept"] = value.ToString(CultureInfo.InvariantCulture); }

    public ServiceProcess Process { get; }
    public string OpenAiUrl => $"{Process.Url}/openai/v1";
    public string AnthropicUrl => $"{Process.Url}/anthropic";
    public string GoogleUrl => $"{Process.Url}/google";

    /// <summary>What a gateway needs to call these providers.</summary>
    public IReadOnlyDictionary<string, string> ProviderSettings => new Dictionary<string, string>
    {
        ["Providers__openai__BaseUrl"] = OpenAiUrl, ["Providers__openai__ApiKey"] = OpenAiKey,
        ["Providers__anthropic__BaseUrl"] = AnthropicUrl, ["Providers__anthropic__ApiKey"] = AnthropicKey,
        ["Providers__google__BaseUrl"] = GoogleUrl, ["Providers__google__ApiKey"] = GoogleKey,
    };

    public async ValueTask InitializeAsync()
    {
        Process.Launch();
        await Process.UntilHealthy();
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        _http.Dispose();
    }

    /// <summary>The calls that ended after the entry n, in that order.</summary>
    public async Task<IReadOnlyList<JsonNode>> Log(long after = 0) =>
        (await _http.GetStringAsync($"{Process.Url}/log?after={after}"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();

    /// <summary>The entry of the answer with this id, once the call has ended.</summary>
    public async Task<JsonNode> Entry(string id) =>
        (await Until.Seen(
            async () => (await Log()).FirstOrDefault(entry => (string?)entry["id"] == id), entry => entry is not null, $"call {id}"))!;

    public Task<byte[]> Body(JsonNode entry) => _http.GetByteArrayAsync($"{Process.Url}/log/{entry["n"]}/body");

    /// <summary>Sums of what was billed, by provider and model.</summary>
    public async Task<JsonElement> Totals() => await _http.GetFromJsonAsync<JsonElement>($"{Process.Url}/log/totals");

    public Task<string> UntilIdle() =>
        Until.Seen(() => _http.GetStringAsync($"{Process.Url}/log/open"), open => open == "0", "no call under way at the simulator");

    public async Task Forget() => (await _http.DeleteAsync($"{Process.Url}/log")).EnsureSuccessStatusCode();
}
