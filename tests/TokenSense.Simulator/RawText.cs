using System.Text;
using System.Text.Json;

namespace TokenSense.Simulator;

/// <summary>Text as providers write it: UTF-8 as it is, escaped only where JSON must. The framework's encoders escape every emoji.</summary>
public static class RawText
{
    public static void Write(Utf8JsonWriter json, string name, string text)
    {
        if (Ascii.IsValid(text))
        {
            json.WriteString(name, text);
            return;
        }
        var escaped = new StringBuilder(text.Length + 16).Append('"');
        foreach (var character in text)
        {
            if (character is '"' or '\\') escaped.Append('\\').Append(character);
            else if (character == '\n') escaped.Append("\\n");
            else if (character < ' ') escaped.Append($"\\u{(int)character:x4}");
            else escaped.Append(character);
        }
        json.WritePropertyName(name);
        json.WriteRawValue(Encoding.UTF8.GetBytes(escaped.Append('"').ToString()), skipInputValidation: true);
    }
}
