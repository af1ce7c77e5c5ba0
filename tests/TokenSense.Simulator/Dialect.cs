using System.Text.Json;

namespace TokenSense.Simulator;

/// <summary>Why a call was refused; the provider's format says it in its own words.</summary>
public readonly record struct Refusal(int Status, string Model, string Route, string Detail, long Number);

/// <summary>What differs between providers beside the formats: where the key is read, and how errors look.</summary>
public sealed record Dialect(
    string Provider, string KeyHeader, string Key, string? RequestIdHeader, Action<Utf8JsonWriter, Refusal> WriteError);
