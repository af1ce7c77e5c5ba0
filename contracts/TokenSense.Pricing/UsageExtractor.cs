using System.Collections.Immutable;
using System.Text.Json;

namespace TokenSense.Pricing;

// How one format of response reports its usage: mappings from places below the root to classes.
internal sealed record UsageExtractor(string ApiFlavor, BodyPath Root, BodyPath ModelPath, ImmutableArray<UsageMapping> Mappings)
{
    public UsageExtraction Read(JsonElement body)
    {
        var root = Root.Find(body) ?? throw new FormatException($"The body has no '{Root}'.");
        return new UsageExtraction.Extracted(ModelPath.Find(body)?.Text(), ReadUsage(root));
    }

    // What stands at the root.
    public TokenUsage ReadUsage(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object) throw new FormatException($"'{Root}' in the body is not an object.");
        var (usage, read) = (TokenUsage.None, 0);
        foreach (var mapping in Mappings)
        {
            if (mapping.Path.Find(root) is { ValueKind: JsonValueKind.Number } value)
            {
                usage = usage.With(mapping.Unit.Key, checked(usage[mapping.Unit.Key] + Count(value, mapping)));
                read++;
            }
            else if (mapping.Required)
                throw new FormatException($"'{Root}.{mapping.Path}' in the body is missing or not a number.");
        }
        if (read == 0 && Mappings.Length > 0) throw new FormatException($"No usage found at '{Root}' in the body.");
        return usage;
    }

    // Null where it cannot be read, contradicts itself, or counts nothing, which no call can use.
    public TokenUsage? Known(JsonElement root)
    {
        try
        {
            return ReadUsage(root) is var usage && usage != TokenUsage.None && usage.Problems().IsEmpty ? usage : null;
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    // The members of the root that count.
    public IEnumerable<string> Members => Mappings.Select(m => m.Path.Steps[0].ToString()!).Distinct();

    private long Count(JsonElement value, UsageMapping mapping)
    {
        if (!value.TryGetDecimal(out var count) || count < 0 || count > TokenUsage.CountMax)
            throw Refused("between 0 and 10^10");
        if (decimal.IsInteger(count)) return (long)count;
        return mapping.Unit.Family == "durations"
            ? (long)decimal.Ceiling(count)
            : throw Refused("a whole number");

        FormatException Refused(string must) => new($"'{Root}.{mapping.Path}' in the body is {Start(value.GetRawText())}; it must be {must}.");
        static string Start(string number) => number.Length <= 40 ? number : $"{number.AsSpan(0, 40)}…";
    }
}

internal sealed record UsageMapping(BodyPath Path, UsageUnit Unit, bool Required);

// Names of members, and items of arrays chosen by what one of their members says.
internal sealed record BodyPath(ImmutableArray<BodyPath.Step> Steps)
{
    public JsonElement? Find(JsonElement from)
    {
        JsonElement? here = from;
        foreach (var step in Steps)
        {
            here = step.Below(here.Value);
            if (here is null) return null;
        }
        return here;
    }

    public override string ToString() => string.Join('.', Steps);

    internal abstract record Step
    {
        public abstract JsonElement? Below(JsonElement value);
    }

    internal sealed record Member(string Name) : Step
    {
        public override JsonElement? Below(JsonElement value) =>
            value.ValueKind == JsonValueKind.Object && value.TryGetProperty(Name, out var member) ? member : null;

        public override string ToString() => Name;
    }

    internal sealed record ItemWhere(string Field, MatchRule Match) : Step
    {
        public override JsonElement? Below(JsonElement value)
        {
            if (value.ValueKind != JsonValueKind.Array) return null;
            foreach (var item in value.EnumerateArray())
                if (item.ValueKind == JsonValueKind.Object && item.TryGetProperty(Field, out var field)
                    && field.Text() is { } text && Match.Matches(text)) return item;
            return null;
        }

        public override string ToString() => $"[{Field}]";
    }
}
