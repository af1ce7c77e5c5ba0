using System.Text.Json;

namespace TokenSense.Simulator;

/// <summary>The texts of a request, whatever its format: their length in characters, a seed, and the last directive among them.</summary>
public struct Prompt
{
    private const string Opening = "[[simulate ";

    public long Characters { get; private set; }
    public uint Seed { get; private set; }
    public string? Directive { get; private set; }

    public static Prompt Of(JsonElement body)
    {
        var prompt = new Prompt { Seed = 2166136261 };
        prompt.Walk(body, isText: false);
        return prompt;
    }

    private void Walk(JsonElement value, bool isText)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String when isText:
                Take(value.GetString()!);
                break;
            case JsonValueKind.Number when isText: // An embedding's input may be tokens.
                Characters += 4;
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray()) Walk(item, isText);
                break;
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject()) Walk(member.Value, HoldsText(member));
                break;
        }
    }

    private static bool HoldsText(JsonProperty member) =>
        member.NameEquals("text"u8) || member.NameEquals("content"u8) || member.NameEquals("input"u8)
        || member.NameEquals("system"u8) || member.NameEquals("instructions"u8);

    private void Take(string text)
    {
        Characters += text.Length;
        var seed = Seed;
        foreach (var character in text) seed = unchecked((seed ^ character) * 16777619);
        Seed = seed;
        var opens = text.LastIndexOf(Opening, StringComparison.Ordinal);
        if (opens < 0) return;
        var closes = text.IndexOf("]]", opens, StringComparison.Ordinal);
        if (closes > 0) Directive = text[(opens + Opening.Length)..closes];
    }
}
