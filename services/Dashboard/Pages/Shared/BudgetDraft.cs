using TokenSense.Dashboard.Client;

namespace TokenSense.Dashboard.Pages.Shared;

/// <summary>A budget while it is typed.</summary>
public sealed class BudgetDraft
{
    public const string Block = "block", Alert = "alert", Strict = "strict";
    public static readonly IReadOnlyList<string> Fields = ["amount_usd", "mode", "thresholds"];
    private const int ThresholdsMax = 10;

    public string Amount { get; set; } = "";
    public string Mode { get; set; } = Block;
    public string Thresholds { get; set; } = "80, 100";

    /// <param name="budget">The one that stands; null: none.</param>
    public static BudgetDraft Of(BudgetModel? budget) => budget is null
        ? new()
        : new() { Amount = UsdText.Of(budget.AmountUsd), Mode = budget.Mode, Thresholds = ThresholdsText.Of(budget.Thresholds) };

    /// <returns>Null: <paramref name="errors"/> says why.</returns>
    public BudgetModel? Read(out FieldErrors errors)
    {
        var wrong = new Dictionary<string, string>();
        if (!UsdText.TryRead(Amount, out var usd, out var wrongAmount)) wrong["amount_usd"] = wrongAmount;
        if (!ThresholdsText.TryRead(Thresholds, ThresholdsMax, out var percents, out var wrongThresholds)) wrong["thresholds"] = wrongThresholds;
        errors = FieldErrors.Of(wrong);
        return wrong.Count == 0 ? new(usd, Mode, percents) : null;
    }

    /// <summary>What a mode means, for people.</summary>
    public static string Meaning(string mode) => mode switch
    {
        Alert => "Tells you, and never stops a call.",
        Strict => "For now the same as Block. To come: each call reserves its cost first, so spend never passes the budget.",
        _ => "Stops calls once the budget is spent. A call that is under way may pass it by a little.",
    };
}
