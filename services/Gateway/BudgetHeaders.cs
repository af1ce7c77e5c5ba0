using System.Globalization;
using TokenSense.Enforcement;

namespace TokenSense.Gateway;

/// <summary>What every answer says of the budgets that apply: the tightest, and whether one has reached 80 %.</summary>
public static class BudgetHeaders
{
    public static void Tell(IHeaderDictionary headers, in Decision call)
    {
        if (call.Tightest is not { } tightest) return;
        headers["x-tokensense-budget-limit-usd"] = tightest.BudgetUsd.ToString(CultureInfo.InvariantCulture);
        headers["x-tokensense-budget-remaining-usd"] = tightest.RemainingUsd.ToString(CultureInfo.InvariantCulture);
        if (call.IsWarning) headers["x-tokensense-budget-warning"] = "80";
    }
}
