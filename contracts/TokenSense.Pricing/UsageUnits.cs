using System.Collections.Frozen;

namespace TokenSense.Pricing;

// One thing a provider counts and may price. Traits are six: family, direction, modality, token type, cache lifetime, kind.
internal sealed record UsageUnit(string Key, string PriceField, int UnitsPerPrice, string TraitList)
{
    private readonly string[] traits = [.. TraitList.Split('/'), .. Enumerable.Repeat("", 5 - TraitList.Count(c => c == '/'))];

    public int Index { get; init; }
    public string Family => traits[0];
    public int Specificity => traits.Count(t => t != "");
    // camelCase, as on the bus.
    public string CamelKey { get; } = string.Concat(Key.Split('_').Select((w, i) => i == 0 ? w : char.ToUpperInvariant(w[0]) + w[1..]));

    // A unit contains every unit that has all its traits and more: input_tokens contains cache_read_tokens.
    public bool Contains(UsageUnit other) => UsageUnits.Within[other.Index].Contains(Index);

    // The trait in which the other refines this one by exactly one; -1 if it does not.
    public int RefinedBy(UsageUnit other) =>
        Contains(other) && other.Specificity == Specificity + 1 ? Enumerable.Range(0, 6).First(i => traits[i] != other.traits[i]) : -1;

    // What both count at once, null if nothing can be both or no unit says so.
    public UsageUnit? Overlap(UsageUnit other) => UsageUnits.Overlaps[Index][other.Index];

    internal bool HasTraitsOf(UsageUnit other) => other.traits.Zip(traits).All(t => t.First == "" || t.First == t.Second);

    internal string? CommonTraits(UsageUnit other) =>
        traits.Zip(other.traits).All(t => t.First == "" || t.Second == "" || t.First == t.Second)
            ? string.Join('/', traits.Zip(other.traits, (a, b) => a == "" ? b : a)).TrimEnd('/')
            : null;
}

// The units of genai-prices' prices/units.yml (0.1.8). Which unit contains which decides how a usage falls into disjoint classes.
internal static class UsageUnits
{
    public static readonly UsageUnit[] All = [.. Rows().Select((unit, index) => unit with { Index = index })];

    public static readonly FrozenDictionary<string, UsageUnit> ByKey =
        All.SelectMany(u => new[] { (u.Key, u), (Key: u.CamelKey, u) }).DistinctBy(p => p.Key).ToFrozenDictionary(p => p.Key, p => p.u);
    public static readonly FrozenDictionary<string, UsageUnit> ByPriceField = All.ToFrozenDictionary(u => u.PriceField);

    // What a usage carries: all but the request itself, which is one by definition.
    public static readonly UsageUnit[] Reported = [.. All.Where(u => u.Index != (int)UsageClass.Requests)];
    // Computed once: a book has thousands of price sets that ask.
    public static readonly int[][] Within = [.. All.Select(u => All.Where(a => a != u && u.HasTraitsOf(a)).Select(a => a.Index).ToArray())];
    public static readonly UsageUnit?[][] Overlaps =
        [.. All.Select(a => All.Select(b => a.CommonTraits(b) is { } both ? All.FirstOrDefault(u => u.TraitList == both) : null).ToArray())];

    private static UsageUnit[] Rows() =>
    [
        Tokens("input_tokens", "input"),
        Tokens("cache_read_tokens", "input//cache_read"),
        Tokens("cache_write_tokens", "input//cache_write"),
        Tokens("input_audio_tokens", "input/audio"),
        Tokens("input_image_tokens", "input/image"),
        Tokens("input_text_tokens", "input/text"),
        Tokens("input_tool_tokens", "input//tool"),
        Tokens("input_video_tokens", "input/video"),
        Tokens("cache_audio_read_tokens", "input/audio/cache_read"),
        Tokens("cache_audio_write_tokens", "input/audio/cache_write"),
        Tokens("cache_image_read_tokens", "input/image/cache_read"),
        Tokens("cache_image_write_tokens", "input/image/cache_write"),
        Tokens("cache_text_read_tokens", "input/text/cache_read"),
        Tokens("cache_text_write_tokens", "input/text/cache_write"),
        Tokens("cache_video_read_tokens", "input/video/cache_read"),
        Tokens("cache_video_write_tokens", "input/video/cache_write"),
        Tokens("cache_write_1h_tokens", "input//cache_write/1h"),
        Tokens("cache_write_5m_tokens", "input//cache_write/5m"),
        Tokens("input_audio_tool_tokens", "input/audio/tool"),
        Tokens("input_image_tool_tokens", "input/image/tool"),
        Tokens("input_text_tool_tokens", "input/text/tool"),
        Tokens("input_video_tool_tokens", "input/video/tool"),
        Tokens("cache_audio_write_1h_tokens", "input/audio/cache_write/1h"),
        Tokens("cache_audio_write_5m_tokens", "input/audio/cache_write/5m"),
        Tokens("cache_image_write_1h_tokens", "input/image/cache_write/1h"),
        Tokens("cache_image_write_5m_tokens", "input/image/cache_write/5m"),
        Tokens("cache_text_write_1h_tokens", "input/text/cache_write/1h"),
        Tokens("cache_text_write_5m_tokens", "input/text/cache_write/5m"),
        Tokens("cache_video_write_1h_tokens", "input/video/cache_write/1h"),
        Tokens("cache_video_write_5m_tokens", "input/video/cache_write/5m"),
        Tokens("output_tokens", "output"),
        Tokens("output_audio_tokens", "output/audio"),
        Tokens("output_citation_tokens", "output//citation"),
        Tokens("output_image_tokens", "output/image"),
        Tokens("output_reasoning_tokens", "output//reasoning"),
        Tokens("output_text_tokens", "output/text"),
        Tokens("output_video_tokens", "output/video"),
        Tokens("output_audio_citation_tokens", "output/audio/citation"),
        Tokens("output_audio_reasoning_tokens", "output/audio/reasoning"),
        Tokens("output_image_citation_tokens", "output/image/citation"),
        Tokens("output_image_reasoning_tokens", "output/image/reasoning"),
        Tokens("output_text_citation_tokens", "output/text/citation"),
        Tokens("output_text_reasoning_tokens", "output/text/reasoning"),
        Tokens("output_video_citation_tokens", "output/video/citation"),
        Tokens("output_video_reasoning_tokens", "output/video/reasoning"),
        new("code_executions", "code_executions_kcount", 1_000, "tool_calls/////code_execution"),
        new("social_searches", "social_searches_kcount", 1_000, "tool_calls/////social_search"),
        new("storage_searches", "storage_searches_kcount", 1_000, "tool_calls/////storage_search"),
        new("web_searches", "web_searches_kcount", 1_000, "tool_calls/////web_search"),
        new("input_audio_seconds", "input_audio_hours", 3_600, "durations/input/audio"),
        new("output_audio_seconds", "output_audio_hours", 3_600, "durations/output/audio"),
        new("audio_seconds", "audio_hours", 3_600, "durations//audio"),
        new("input_document_pages", "input_document_kpages", 1_000, "document_pages/input"),
        new("input_annotated_document_pages", "input_annotated_document_kpages", 1_000, "document_pages/input////annotated"),
        new("input_text_messages", "input_text_messages_kcount", 1_000, "messages/input/text"),
        new("input_characters", "input_mchars", 1_000_000, "characters/input"),
        new("input_pixels", "input_gpixels", 1_000_000_000, "pixels/input"),
        new("rerank_searches", "rerank_searches_kcount", 1_000, "rerank"),
        new("requests", "requests_kcount", 1_000, "requests"),
    ];

    private static UsageUnit Tokens(string key, string traits) => new(key, key.Replace("_tokens", "_mtok"), 1_000_000, "tokens/" + traits);
}
