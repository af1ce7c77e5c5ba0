using System.Text.Json;

namespace TokenSense.Simulator;

/// <summary>Tokens in OpenTelemetry's meaning: input includes the cache's, output includes reasoning.</summary>
public readonly record struct TokenCounts(long Input, long Output, long CacheRead, long CacheWrite, long Reasoning);

/// <summary>One understood request and the answer's content, before a provider's format is put around it.</summary>
public sealed record Call(long Number, JsonElement Body, string Model, bool Stream, Directives Asked, TokenCounts Counts, string[] Pieces)
{
    /// <summary>Seconds since 1970: fixed, because an answer is a function of its request.</summary>
    public const long Created = 1_700_000_000;

    public bool TellsUsage => Asked.Fault != Fault.NoUsage;
    public string Text => string.Concat(Pieces);

    public long OutputAfter(int piece) => Counts.Output * (piece + 1) / Pieces.Length;

    public static Call Of(long number, JsonElement body, string model, bool stream, Prompt prompt, Directives asked)
    {
        var pieces = Words.Pieces(prompt.Seed, asked);
        var input = Math.Max(asked.Input ?? Tokens(prompt.Characters), asked.CacheRead + asked.CacheWrite);
        var output = Math.Max(asked.Output ?? Tokens(pieces.Sum(piece => (long)piece.Length)), asked.Reasoning);
        return new Call(number, body, model, stream, asked, new(input, output, asked.CacheRead, asked.CacheWrite, asked.Reasoning), pieces);
    }

    private static long Tokens(long characters) => (characters + 3) / 4;
}
