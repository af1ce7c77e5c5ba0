using System.Text.Json;

namespace TokenSense.Simulator;

/// <summary>Embeddings that are always the same: only their shape matters.</summary>
public static class Vectors
{
    public static float At(int dimension, int index) => ((dimension * 31 + index * 17) % 256 - 128) / 1024f;

    public static void Write(Utf8JsonWriter json, int dimensions, int index)
    {
        json.WriteStartArray();
        for (var i = 0; i < dimensions; i++) json.WriteNumberValue(At(i, index));
        json.WriteEndArray();
    }
}
