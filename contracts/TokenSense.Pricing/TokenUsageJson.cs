using System.Text.Json;
using System.Text.Json.Serialization;

namespace TokenSense.Pricing;

// Reads snake_case and camelCase; writes camelCase only where the options ask for it. Unknown members are passed over.
internal sealed class TokenUsageJson : JsonConverter<TokenUsage>
{
    public override TokenUsage Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException("A usage is an object of counts.");
        var usage = TokenUsage.None;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var known = UsageUnits.ByKey.TryGetValue(reader.GetString()!, out var unit) && unit.Index != (int)UsageClass.Requests;
            reader.Read();
            if (!known)
                reader.Skip();
            else if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var count))
                usage = usage.With(unit!.Key, count);
            else if (reader.TokenType != JsonTokenType.Null)
                throw new JsonException($"{unit!.Key} must be a whole number.");
        }
        return usage;
    }

    public override void Write(Utf8JsonWriter writer, TokenUsage usage, JsonSerializerOptions options)
    {
        var camel = options.PropertyNamingPolicy == JsonNamingPolicy.CamelCase;
        writer.WriteStartObject();
        foreach (var unit in UsageUnits.Reported)
        {
            var @class = (UsageClass)unit.Index;
            if (usage[@class] != 0 || @class is UsageClass.InputTokens or UsageClass.OutputTokens)
                writer.WriteNumber(camel ? unit.CamelKey : unit.Key, usage[@class]);
        }
        writer.WriteEndObject();
    }
}
