using System.Text.Json;
using TokenSense.Contracts;

namespace TokenSense.Enforcement;

/// <summary>Reads a message from the bus: MassTransit's envelope (<c>message</c>, <c>messageType</c>), or plain JSON whose exchange names its type.</summary>
public static class Envelope
{
    public const int BytesMax = 1_048_576;

    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { RespectNullableAnnotations = true };

    internal static readonly Type[] Types =
        [typeof(SpendChanged), typeof(BudgetsHeartbeat), typeof(ApiKeyChanged), typeof(ProjectChanged), typeof(WorkspaceChanged), typeof(UsageRejected), typeof(PricesChanged)];

    internal static string ExchangeOf(Type message) => $"{message.Namespace}:{message.Name}";

    /// <exception cref="JsonException">It is not JSON, or misses a required member.</exception>
    /// <exception cref="FormatException">It is too large, or of no type that a gateway needs.</exception>
    public static object Read(ReadOnlyMemory<byte> body, string exchange)
    {
        if (body.Length > BytesMax) throw new FormatException($"The message is larger than {BytesMax} bytes.");
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object) throw new FormatException("The message is not a JSON object.");
        string[] names = [exchange];
        if (root.TryGetProperty("message", out var inner) && inner.ValueKind == JsonValueKind.Object
            && root.TryGetProperty("messageType", out var urns) && urns.ValueKind == JsonValueKind.Array)
        {
            names = [.. urns.EnumerateArray().Where(u => u.ValueKind == JsonValueKind.String).Select(u => u.GetString()!.Replace("urn:message:", "", StringComparison.Ordinal))];
            root = inner;
        }
        var type = Array.Find(Types, t => names.Contains(ExchangeOf(t))) ?? throw new FormatException("The message is of no type that is known here.");
        return root.Deserialize(type, Json) ?? throw new FormatException("The message is null.");
    }
}
