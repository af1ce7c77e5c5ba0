using System.Globalization;

namespace TokenSense.Simulator;

public enum Fault { None, Hang, Cut, CutBeforeHeaders, NoUsage, BadJson, SlowEnd, Huge }

/// <summary>What a request asks of its answer: <c>key=value;…</c>; README.md has the list.</summary>
/// <remarks>Counts in tokens, in OpenTelemetry's meaning: input includes the cache's, output includes reasoning.</remarks>
public sealed class Directives
{
    public const int SlowEndMs = 2_000;
    private const long CountMax = 10_000_000_000;
    private const int WaitMsMax = 600_000, ChunksMax = 10_000;

    public static readonly Directives None = new();

    public long? Input { get; private set; }
    public long? Output { get; private set; }
    public long CacheRead { get; private set; }
    public long CacheWrite { get; private set; }
    public long Reasoning { get; private set; }
    public int DelayMs { get; private set; }
    public int ChunkMs { get; private set; }
    public int Chunks { get; private set; } = 4;
    public bool Unicode { get; private set; }
    public int? Status { get; private set; }
    public Fault Fault { get; private set; }

    /// <summary>Throws FormatException on anything unknown: a mistyped fault must not pass for a good answer.</summary>
    public static Directives Parse(ReadOnlySpan<char> text)
    {
        var directives = new Directives();
        foreach (var range in text.Split(';'))
        {
            var part = text[range].Trim();
            if (part.IsEmpty) continue;
            var equals = part.IndexOf('=');
            if (equals < 0) directives.Fault = FaultOf(part);
            else directives.Set(part[..equals].Trim(), part[(equals + 1)..].Trim());
        }
        return directives;
    }

    private void Set(ReadOnlySpan<char> key, ReadOnlySpan<char> value)
    {
        switch (key)
        {
            case "input": Input = Number(value, CountMax); break;
            case "output": Output = Number(value, CountMax); break;
            case "cache_read": CacheRead = Number(value, CountMax); break;
            case "cache_write": CacheWrite = Number(value, CountMax); break;
            case "reasoning": Reasoning = Number(value, CountMax); break;
            case "delay_ms": DelayMs = (int)Number(value, WaitMsMax); break;
            case "chunk_ms": ChunkMs = (int)Number(value, WaitMsMax); break;
            case "chunks": Chunks = Math.Max(1, (int)Number(value, ChunksMax)); break;
            case "text": Unicode = value is "unicode" || (value is "plain" ? false : throw Unknown("text", value)); break;
            case "status": Status = value is "400" or "429" or "500" or "529" ? int.Parse(value) : throw Unknown("status", value); break;
            case "fault": Fault = FaultOf(value); break;
            default: throw Unknown("directive", key);
        }
    }

    private static Fault FaultOf(ReadOnlySpan<char> value) => value switch
    {
        "hang" => Fault.Hang,
        "cut" => Fault.Cut,
        "cut_before_headers" => Fault.CutBeforeHeaders,
        "no_usage" => Fault.NoUsage,
        "bad_json" => Fault.BadJson,
        "slow_end" => Fault.SlowEnd,
        "huge" => Fault.Huge,
        _ => throw Unknown("fault", value),
    };

    private static long Number(ReadOnlySpan<char> value, long max) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= max
            ? number
            : throw Unknown("number", value);

    private static FormatException Unknown(string what, ReadOnlySpan<char> value) => new($"simulator: unknown {what} '{value}'.");
}
