using System.Text.Json;

namespace TokenSense.Simulator;

/// <summary>Why a call was refused; the provider's format says it in its own words.</summary>
public readonly record struct Refusal(int Status, string Model, string Route, string Detail, long Number);

/// <summary>What differs between providers beside the formats: where the key is read, and how errors look.</summary>
/// <remarks>Keys: by header. A provider ignores credentials in other places; here they are refused, because they are somebody's secret.</remarks>
public sealed record Dialect(
    string Provider, IReadOnlyDictionary<string, string> Keys, string? RequestIdHeader, Action<Utf8JsonWriter, Refusal> WriteError)
{
    private static readonly string[] CredentialHeaders = ["Authorization", "x-api-key", "x-goog-api-key", "x-tokensense-key"];

    public bool Admits(HttpRequest request)
    {
        var found = false;
        foreach (var header in CredentialHeaders)
        {
            if (!request.Headers.TryGetValue(header, out var presented)) continue;
            if (!Keys.TryGetValue(header, out var key) || presented != key) return false;
            found = true;
        }
        return found && !request.Query.ContainsKey("key");
    }
}
