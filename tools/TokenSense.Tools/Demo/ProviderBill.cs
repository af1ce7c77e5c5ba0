using System.Collections.Immutable;
using System.Text.Json;

namespace TokenSense.Tools.Demo;

/// <summary>One call as the provider saw it.</summary>
/// <param name="Id">The gateway's name for it, which is the usage's id.</param>
public sealed record BilledCall(string? Id, string Model, bool IsBilled, bool IsFinished, long InputTokens, long OutputTokens);

/// <summary>The simulator's log: what the providers would put on their bill. Nothing of TokenSense has a part in it.</summary>
public sealed class ProviderBill : IDisposable
{
    private readonly HttpClient _http;
    private long _last;

    private ProviderBill(Uri simulator) => _http = new HttpClient { BaseAddress = simulator, Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>What comes from here on.</summary>
    public static async Task<ProviderBill> Open(CancellationToken ct)
    {
        var bill = new ProviderBill(Settings.Simulator ?? throw new CannotRunException(
            """
            The providers of this stack's gateway are not simulated: the demo would spend real money.
            Run it on another stack, for which no Providers__… is set; an empty value in the environment hides one of .env:
              TOKENSENSE_HOME=.tokensense-demo TOKENSENSE_CONSOLE_PORT=8090 TOKENSENSE_GATEWAY_PORT=8091 ./tokensense demo
            """));
        await bill.Read(ct);
        return bill;
    }

    /// <summary>Every call since the last time this was asked.</summary>
    public async Task<ImmutableArray<BilledCall>> Read(CancellationToken ct)
    {
        var calls = ImmutableArray.CreateBuilder<BilledCall>();
        try
        {
            using var answer = await _http.GetAsync($"log?after={_last}", HttpCompletionOption.ResponseHeadersRead, ct);
            using var lines = new StreamReader(await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(ct));
            while (await lines.ReadLineAsync(ct) is { } line)
            {
                using var json = JsonDocument.Parse(line);
                var entry = json.RootElement;
                _last = entry.GetProperty("n").GetInt64();
                calls.Add(new(
                    entry.GetProperty("client_request_id").GetString(), entry.GetProperty("model").GetString()!, entry.GetProperty("billed").GetBoolean(),
                    entry.GetProperty("finished").GetBoolean(), entry.GetProperty("input_tokens").GetInt64(), entry.GetProperty("output_tokens").GetInt64()));
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            throw new CannotRunException($"The simulator at {_http.BaseAddress} does not answer: {e.Message}", e);
        }
        return calls.DrainToImmutable();
    }

    public void Dispose() => _http.Dispose();
}
