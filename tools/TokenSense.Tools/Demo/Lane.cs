using System.Collections.Immutable;
using TokenSense.Pricing;

namespace TokenSense.Tools.Demo;

/// <summary>Who calls which model: a project with its key, or the key without a project.</summary>
/// <param name="Color">Null: no project.</param>
/// <param name="BudgetShare">The budget, as a share of what the trace would cost here without one.</param>
public sealed record Lane(string Name, string? Color, string Provider, string Model, decimal? BudgetShare)
{
    public static readonly ImmutableArray<Lane> All =
    [
        new("Client A", "#2563eb", "openai", "gpt-4o", 0.35m),
        new("Client B", "#db2777", "anthropic", "claude-sonnet-4-5", 0.40m),
        new("Internal tools", "#16a34a", "google", "gemini-2.5-pro", 0.45m),
        // No project's budget stops it, so it carries the workspace to its own.
        new("Unassigned", null, "openai", "gpt-4o", null),
    ];

    // Which lane each of ten calls takes.
    private static readonly ImmutableArray<int> Turns = [0, 1, 2, 3, 0, 1, 0, 1, 2, 3];

    /// <summary>The lane of a trace's call by its place.</summary>
    public static int Of(int call) => Turns[call % Turns.Length];

    /// <summary>Whether a call of the trace asks for a stream: half of each lane's.</summary>
    public static bool IsStreamed(int call) => call / Turns.Length % 2 == 0;

    public bool IsProject => Color is not null;

    /// <summary>USD, from the price book: what the demonstration knows without asking anyone.</summary>
    public decimal CostUsd(long inputTokens, long outputTokens, DateTimeOffset at) =>
        PriceBook.Default.Price(Provider, Model, new TokenUsage { InputTokens = inputTokens, OutputTokens = outputTokens }, at) switch
        {
            PriceResult.Priced priced => priced.CostUsd,
            PriceResult.Unpriced unpriced => throw new CannotRunException(unpriced.Message),
            var other => throw new InvalidOperationException($"The price book answered {other.GetType().Name}."),
        };
}
