using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Running;

namespace TokenSense.EndToEnd.Clients;

/// <summary>The providers' own SDKs in node, unmodified but for base URL and key; sdk/*.mjs has the scenarios.</summary>
public static class Sdk
{
    public const string OpenAi = "openai", Anthropic = "anthropic", Google = "google";

    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "TokenSense.EndToEnd", "Clients", "sdk");
    private static readonly Lazy<Task> Installed = new(() => Command.NpmInstall(Folder));

    /// <summary>What the SDK returned; of an error <c>error_class, message, status, code, type, body</c>.</summary>
    /// <param name="options">Members as sdk/scenario.mjs names them: model, prompt, metadata, headers, max_tokens, retries.</param>
    public static async Task<JsonNode> Run(string sdk, string baseUrl, string key, string scenario, object? options = null)
    {
        await Installed.Value;
        var run = await Command.Run(
            "node", [$"{sdk}.mjs", baseUrl, key, scenario, JsonSerializer.Serialize(options ?? new { })], Folder, secondsMax: 60);
        run.ExitCode.ShouldBe(0, run.Output);
        return JsonNode.Parse(run.Output.Split('\n').Last(line => line.StartsWith('{')))!;
    }
}
