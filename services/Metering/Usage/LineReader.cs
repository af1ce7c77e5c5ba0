using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using System.Text.Json;
using TokenSense.Pricing;
using TokenSense.ServiceDefaults;

namespace TokenSense.Metering.Usage;

/// <summary>Reads one reported line, camelCase or snake_case, and tells everything that is wrong with it at once.</summary>
public sealed class LineReader
{
    public const int IdLengthMax = 256;
    public const int NameLengthMax = 256;
    public const int MetadataMax = 16;

    /// <summary>With 12 decimals a sum of ten million of these is still exact in a decimal.</summary>
    public const decimal CostUsdMax = 1_000_000_000;

    private static readonly TimeSpan AheadMax = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan BackMax = TimeSpan.FromDays(90);

    private static readonly FrozenDictionary<string, string> Members = Spellings(
        "id", "source", "time", "key_id", "key_sha256", "project", "provider", "model", "api_flavor", "usage", "response",
        "cost_usd", "estimated", "lease_id", "metadata", "latency_ms", "status", "gateway_epoch");

    private static readonly Meter Meter = new("TokenSense");
    private static readonly Counter<long> UnknownMembers = Meter.CreateCounter<long>(
        "tokensense.usage.unknown_members", description: "Members of reported lines that nobody here knows, and that were passed over.");

    private readonly List<string> _problems = [];
    private readonly Dictionary<string, JsonElement> _members = [];

    private LineReader() { }

    /// <returns>The line, or the problem with its id, source and key as far as these could be read.</returns>
    public static (ReportedLine? Line, LineProblem? Problem, string? Id, string? Source, string? KeyRef) Read(JsonElement json, DateTimeOffset now)
    {
        try
        {
            return new LineReader().ReadLine(json, now);
        }
        // JSON may hold half a surrogate pair, which is no text: known only when the string is asked for.
        catch (InvalidOperationException)
        {
            return (null, new(LineCodes.InvalidLine, "A name or string of the line is not valid Unicode."), null, null, null);
        }
    }

    private (ReportedLine?, LineProblem?, string?, string?, string?) ReadLine(JsonElement json, DateTimeOffset now)
    {
        if (json.ValueKind != JsonValueKind.Object) return (null, new(LineCodes.InvalidLine, "A line must be a JSON object."), null, null, null);
        Collect(json);
        var id = Text("id", IdLengthMax, required: true);
        var source = Text("source", IdLengthMax);
        var provider = Text("provider", NameLengthMax, required: true);
        var model = Text("model", NameLengthMax, required: !_members.ContainsKey("response"));
        var flavor = Text("api_flavor", NameLengthMax);
        var time = Time();
        var keyId = Uuid("key_id");
        var keySha256 = KeySha256();
        var usage = Usage(provider, flavor, ref model);
        var line = new ReportedLine
        {
            Id = id ?? "", Source = source, Time = time ?? default, KeyId = keyId, KeySha256 = keySha256, Project = Text("project", NameLengthMax),
            Provider = provider ?? "", Model = model ?? "", ApiFlavor = flavor, Usage = usage ?? TokenUsage.None, CostUsd = Cost(),
            Estimated = Flag("estimated"), Metadata = Metadata(), LatencyMs = Whole("latency_ms", 0, 86_400_000), Status = (int?)Whole("status", 100, 599),
            GatewayEpoch = Uuid("gateway_epoch"),
        };
        if (_problems.Count > 0) return (null, new(LineCodes.InvalidLine, string.Join("; ", _problems.Take(20)) + "."), id, source, line.KeyRef);
        if (time < now - BackMax || time > now + AheadMax)
            return (null, new(LineCodes.TimeOutOfRange, "time must be at most 5 minutes ahead and 90 days back."), id, source, line.KeyRef);
        var wrong = line.Usage.Problems();
        return wrong.IsEmpty
            ? (line, null, id, source, line.KeyRef)
            : (null, new(LineCodes.InvalidUsage, string.Join("; ", wrong.Select(p => p.Message))), id, source, line.KeyRef);
    }

    private void Collect(JsonElement json)
    {
        foreach (var member in json.EnumerateObject())
        {
            if (Members.TryGetValue(member.Name, out var name))
            {
                if (member.Value.ValueKind != JsonValueKind.Null) _members[name] = member.Value;
            }
            // Unknown members are passed over; a known one in another casing would be lost in silence.
            else if (Misspelt(member.Name, Members) is { } meant) _problems.Add($"'{member.Name}' must be written '{meant}'");
            else UnknownMembers.Add(1);
        }
    }

    private string? Text(string name, int lengthMax, bool required = false)
    {
        if (!_members.TryGetValue(name, out var value))
        {
            if (required) _problems.Add($"{name} is required");
            return null;
        }
        if (value.ValueKind != JsonValueKind.String) { _problems.Add($"{name} must be a string"); return null; }
        var text = value.GetString()!;
        if (text.Length == 0 || text.Length > lengthMax) _problems.Add($"{name} must have 1 to {lengthMax} characters");
        else if (text.Any(char.IsControl)) _problems.Add($"{name} must not contain control characters");
        else return text;
        return null;
    }

    private DateTimeOffset? Time()
    {
        if (!_members.TryGetValue("time", out var value)) { _problems.Add("time is required"); return null; }
        if (Rfc3339.TryRead(value, out var time)) return time;
        _problems.Add("time must be an RFC 3339 time with its offset, as 2026-11-23T12:00:00Z");
        return null;
    }

    private Guid? Uuid(string name)
    {
        if (!_members.TryGetValue(name, out var value)) return null;
        if (value.ValueKind == JsonValueKind.String && value.TryGetGuid(out var id)) return id;
        _problems.Add($"{name} must be a UUID");
        return null;
    }

    private string? KeySha256()
    {
        if (!_members.TryGetValue("key_sha256", out var value)) return null;
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: 64 } text && text.All(char.IsAsciiHexDigit)) return text.ToLowerInvariant();
        _problems.Add("key_sha256 must be 64 hexadecimal digits");
        return null;
    }

    private TokenUsage? Usage(string? provider, string? flavor, ref string? model)
    {
        if (_members.TryGetValue("usage", out var usage)) return Counts(usage);
        if (!_members.TryGetValue("response", out var response)) { _problems.Add("usage or response is required"); return null; }
        if (provider is null) return null;
        switch (UsageExtraction.Extract(provider, flavor, response))
        {
            case UsageExtraction.Extracted found:
                model ??= found.Model;
                if (model is null) _problems.Add("model is required where response names none");
                else if (model.Length is 0 or > NameLengthMax || model.Any(char.IsControl)) _problems.Add($"response's model must have 1 to {NameLengthMax} characters");
                return found.Usage;
            case UsageExtraction.NotExtracted failed:
                _problems.Add(failed.Message.TrimEnd('.'));
                return null;
            default:
                return null;
        }
    }

    private TokenUsage? Counts(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object) { _problems.Add("usage must be an object of counts"); return null; }
        var usage = TokenUsage.None;
        var (input, output) = (false, false);
        foreach (var member in json.EnumerateObject())
        {
            if (!TokenUsage.IsClass(member.Name))
            {
                if (Misspelt(member.Name, Classes) is { } meant) _problems.Add($"usage.{member.Name} must be written '{meant}'");
                else UnknownMembers.Add(1);
                continue;
            }
            if (member.Value.ValueKind == JsonValueKind.Null) continue;
            if (member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetInt64(out var count))
            {
                _problems.Add($"usage.{member.Name} must be a whole number");
                continue;
            }
            input |= member.Name is "input_tokens" or "inputTokens";
            output |= member.Name is "output_tokens" or "outputTokens";
            usage = usage.With(member.Name, count);
        }
        if (!input) _problems.Add("usage.input_tokens is required");
        if (!output) _problems.Add("usage.output_tokens is required");
        return usage;
    }

    private decimal? Cost()
    {
        if (!_members.TryGetValue("cost_usd", out var value)) return null;
        if (value.ValueKind != JsonValueKind.Number) { _problems.Add("cost_usd must be a number"); return null; }
        if (!ExactDecimal.TryRead(value, out var cost, out var problem)) { _problems.Add($"cost_usd {problem}"); return null; }
        if (cost is < 0 or >= CostUsdMax) { _problems.Add(cost < 0 ? "cost_usd must not be negative" : $"cost_usd must be less than {CostUsdMax}"); return null; }
        return cost;
    }

    private bool Flag(string name)
    {
        if (!_members.TryGetValue(name, out var value)) return false;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        _problems.Add($"{name} must be true or false");
        return false;
    }

    private long? Whole(string name, long min, long max)
    {
        if (!_members.TryGetValue(name, out var value)) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= min && number <= max) return number;
        _problems.Add($"{name} must be a whole number from {min} to {max}");
        return null;
    }

    private Dictionary<string, string>? Metadata()
    {
        if (!_members.TryGetValue("metadata", out var value)) return null;
        if (value.ValueKind != JsonValueKind.Object) { _problems.Add("metadata must be an object of strings"); return null; }
        var pairs = new Dictionary<string, string>();
        foreach (var pair in value.EnumerateObject())
        {
            if (pair.Value.ValueKind != JsonValueKind.String) _problems.Add("metadata values must be strings");
            else if (pair.Name.Length > 64 || pair.Value.GetString()!.Length > 256) _problems.Add("metadata keys must have at most 64 characters and values 256");
            else if (pair.Name.Concat(pair.Value.GetString()!).Any(char.IsControl)) _problems.Add("metadata must not contain control characters");
            else pairs[pair.Name] = pair.Value.GetString()!;
            if (pairs.Count > MetadataMax) { _problems.Add($"metadata must have at most {MetadataMax} pairs"); return null; }
        }
        return pairs.Count == 0 ? null : pairs;
    }

    /// <summary>What may be kept of a line that does not count: its known members, and of the provider's response what was read, model and usage.</summary>
    /// <exception cref="InvalidOperationException">A name or string of it is no text.</exception>
    public static Dictionary<string, JsonElement> Kept(JsonElement json)
    {
        var reader = new LineReader();
        var kept = new Dictionary<string, JsonElement>();
        foreach (var member in json.EnumerateObject())
        {
            if (!Members.TryGetValue(member.Name, out var name)) continue;
            if (name != "response") kept[member.Name] = member.Value;
            if (member.Value.ValueKind != JsonValueKind.Null) reader._members[name] = member.Value;
        }
        if (reader._members.ContainsKey("usage") || !reader._members.ContainsKey("response")) return kept;
        var model = reader.Text("model", NameLengthMax);
        var usage = reader.Usage(reader.Text("provider", NameLengthMax), reader.Text("api_flavor", NameLengthMax), ref model);
        if (model is { Length: > 0 and <= NameLengthMax }) kept["model"] = JsonSerializer.SerializeToElement(model);
        if (usage is not null) kept["usage"] = JsonSerializer.SerializeToElement(usage);
        return kept;
    }

    private static readonly FrozenDictionary<string, string> Classes = Spellings(
        "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "input_audio_tokens", "cache_audio_read_tokens",
        "output_audio_tokens", "output_reasoning_tokens");

    private static FrozenDictionary<string, string> Spellings(params string[] names) =>
        names.SelectMany(n => new[] { (Key: n, n), (Key: JsonNamingPolicy.CamelCase.ConvertName(Pascal(n)), n) }).DistinctBy(s => s.Key)
            .ToFrozenDictionary(s => s.Key, s => s.n);

    private static string Pascal(string snake) => string.Concat(snake.Split('_').Select(w => char.ToUpperInvariant(w[0]) + w[1..]));

    private static string? Misspelt(string name, FrozenDictionary<string, string> known)
    {
        if (name.Length > 40) return null;
        var bare = name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
        return known.Values.FirstOrDefault(k => k.Replace("_", "", StringComparison.Ordinal).Equals(bare, StringComparison.OrdinalIgnoreCase));
    }
}
