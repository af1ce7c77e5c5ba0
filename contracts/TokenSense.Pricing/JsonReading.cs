using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace TokenSense.Pricing;

// Reading JSON that anyone may have written: what is missing or of another kind is Undefined, an empty list, or no bytes.
internal static class JsonReading
{
    public static JsonElement At(this JsonElement json, string member) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(member, out var value) ? value : default;

    public static JsonElement.ArrayEnumerator Items(this JsonElement json) =>
        json.ValueKind == JsonValueKind.Array ? json.EnumerateArray() : default;

    public static bool Is(this JsonElement json, ReadOnlySpan<byte> text) =>
        json.ValueKind == JsonValueKind.String && json.ValueEquals(text);

    // Null too for half of a character, which JSON can write and no string may hold.
    public static string? Text(this JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.String) return null;
        try
        {
            return json.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    // A text's UTF-8 bytes; of an object or array that says something, those of its JSON.
    public static long Bytes(this JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => Unescaped(JsonMarshal.GetRawUtf8Value(json)[1..^1]),
        JsonValueKind.Object or JsonValueKind.Array when JsonMarshal.GetRawUtf8Value(json) is { Length: > 2 } raw => raw.Length,
        _ => 0,
    };

    // Counted and not decoded: no string is made, and the half of a character that ends a chunk counts instead of failing.
    private static long Unescaped(ReadOnlySpan<byte> text)
    {
        var bytes = 0L;
        for (int escape; (escape = text.IndexOf((byte)'\\')) >= 0;)
        {
            var wide = text[escape + 1] == 'u';
            bytes += escape + (wide ? CodeUnit(text.Slice(escape + 2, 4)) : 1);
            text = text[(escape + (wide ? 6 : 2))..];
        }
        return bytes + text.Length;
    }

    // The two halves of a pair make four bytes.
    private static int CodeUnit(ReadOnlySpan<byte> hex) =>
        int.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture) switch
        {
            < 0x80 => 1,
            < 0x800 or (>= 0xD800 and < 0xE000) => 2,
            _ => 3,
        };
}
