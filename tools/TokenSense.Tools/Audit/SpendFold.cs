using System.Text.Json;

namespace TokenSense.Tools.Audit;

/// <summary>Spend, budgets and thresholds from zero, out of the raw events of the spend streams.</summary>
public sealed class SpendFold(Findings findings)
{
    private readonly Dictionary<Place, Month> _months = [];

    public IReadOnlyDictionary<Place, Month> Months => _months;
    public long Events { get; private set; }

    public void Add(StoredEvent stored)
    {
        if (Place.OfStream(stored.Stream) is not { } own)
        {
            findings.Add($"event {stored.Sequence}", "stream of a spend event", "spend-{scope}-{id}-{yyyy-MM}", stored.Stream);
            return;
        }
        Events++;
        switch (stored.Type)
        {
            case "spend-accrued":
                var month = At(own, stored);
                month.Lines += stored.Data.GetProperty("charges").GetInt64();
                Accrue(month, own, stored, stored.Data);
                foreach (var key in stored.Data.GetProperty("keys").EnumerateArray())
                {
                    var place = Scope(own, key);
                    Accrue(At(place, stored), place, stored, key);
                }
                break;
            case "budget-applied":
                var scope = At(Scope(own, stored.Data), stored);
                scope.BudgetUsd = stored.Data.GetProperty("amountUsd").AsDecimal();
                scope.Thresholds = [.. stored.Data.GetProperty("thresholds").EnumerateArray().Select(t => t.GetInt32())];
                scope.Revision = stored.Data.GetProperty("revision").GetInt64();
                break;
            case "threshold-crossed":
                Cross(Scope(own, stored.Data), stored);
                break;
            case "threshold-cleared":
                Clear(Scope(own, stored.Data), stored);
                break;
        }
    }

    // The running total that the event carries must be the sum so far; told once a scope, as all that follow differ too.
    private void Accrue(Month month, Place place, StoredEvent stored, JsonElement part)
    {
        month.SpentUsd += part.GetProperty("costUsd").GetDecimal();
        var told = part.GetProperty("spentUsd").GetDecimal();
        if (told == month.SpentUsd || month.IsRunningTotalWrong) return;
        month.IsRunningTotalWrong = true;
        findings.Compare($"{place}, event {stored.Sequence}", "running total in spend-accrued", month.SpentUsd, told);
    }

    private void Cross(Place place, StoredEvent stored)
    {
        var (month, percent) = (At(place, stored), stored.Data.GetProperty("percent").GetInt32());
        if (!month.Crossed.Add(percent)) findings.Add($"{place}, event {stored.Sequence}", $"crossing of {percent} %", "once until cleared", "crossed again");
        var (spent, budget) = (stored.Data.GetProperty("spentUsd").GetDecimal(), stored.Data.GetProperty("budgetUsd").GetDecimal());
        if (!Month.Reaches(percent, spent, budget))
            findings.Add($"{place}, event {stored.Sequence}", $"crossing of {percent} %", $"at least {percent} % of {Figures.Exact(budget)}", Figures.Exact(spent));
    }

    private void Clear(Place place, StoredEvent stored)
    {
        var percent = stored.Data.GetProperty("percent").GetInt32();
        if (!At(place, stored).Crossed.Remove(percent)) findings.Add($"{place}, event {stored.Sequence}", $"clearing of {percent} %", "crossed before", "not crossed");
    }

    private static Place Scope(Place own, JsonElement data) =>
        data.TryGetProperty("keyId", out var key) && key.ValueKind == JsonValueKind.String ? own with { Scope = Place.Key, ScopeId = key.GetGuid() } : own;

    private Month At(Place place, StoredEvent stored)
    {
        if (!_months.TryGetValue(place, out var month)) _months[place] = month = new(stored.Stream);
        return month;
    }
}

/// <summary>One scope's month, as its events say.</summary>
public sealed class Month(string stream)
{
    public string Stream => stream;
    public decimal SpentUsd { get; set; }

    /// <summary>Charges that moved it; a key's are not counted apart.</summary>
    public long Lines { get; set; }

    public decimal? BudgetUsd { get; set; }
    public int[] Thresholds { get; set; } = [];
    public long Revision { get; set; }
    public SortedSet<int> Crossed { get; } = [];
    public bool IsRunningTotalWrong { get; set; }

    /// <summary>What must stand crossed: the thresholds of the budget in force that the spend reaches, and no other.</summary>
    public IEnumerable<int> Reached => BudgetUsd is { } budget ? Thresholds.Where(percent => Reaches(percent, SpentUsd, budget)) : [];

    /// <summary>Equal counts as reached. A budget of 0 is reached at 100 and nowhere else (product decisions 2 and 4).</summary>
    public static bool Reaches(int percent, decimal spentUsd, decimal budgetUsd) =>
        budgetUsd == 0 ? percent == 100 : spentUsd * 100 >= budgetUsd * percent;
}
