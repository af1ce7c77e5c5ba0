using System.Text.Json;

namespace TokenSense.ServiceDefaults;

/// <summary>Reads a time that says its offset: without one it would mean another instant on another server.</summary>
public static class Rfc3339
{
    public static bool TryRead(JsonElement value, out DateTimeOffset time)
    {
        time = default;
        if (value.ValueKind != JsonValueKind.String || value.GetString() is not { Length: >= 20 } text) return false;
        var hasOffset = text[^1] is 'Z' or 'z' || (text[^6] is '+' or '-' && text[^3] == ':');
        if (!hasOffset || !value.TryGetDateTimeOffset(out time)) return false;
        time = time.ToUniversalTime();
        return true;
    }
}
