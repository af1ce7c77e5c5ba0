using TokenSense.Dashboard.Client;
using TokenSense.Dashboard.Pages.Shared;

namespace TokenSense.Dashboard.Pages.Settings;

/// <summary>What a channel watches, while it is chosen.</summary>
public sealed class WatchDraft
{
    public static readonly IReadOnlyList<string> Fields = ["budgets", "thresholds", "kinds"];

    public static readonly IReadOnlyList<(string Kind, string Name)> KindNames =
    [
        ("budget_threshold", "Budgets that reach a threshold"), ("unpriced_model", "Models without a price"), ("usage_conflict", "The same usage reported twice, differently"),
        ("usage_rejected", "Usage that could not be counted"), ("channel_failing", "Channels that fail"), ("gateway_silent", "Gateways that fall silent"),
    ];

    private const int ThresholdsMax = 20;

    public bool AllBudgets { get; set; } = true;
    public List<(WatchedBudget Budget, string Name)> Budgets { get; } = [];
    public bool AllThresholds { get; set; } = true;
    public string Thresholds { get; set; } = "80, 100";
    public bool AllKinds { get; set; } = true;
    public HashSet<string> Kinds { get; } = [.. KindNames.Select(k => k.Kind)];

    /// <param name="channel">Null: a new one.</param>
    /// <param name="name">What a watched budget is called.</param>
    public static WatchDraft Of(ChannelModel? channel, Func<WatchedBudget, string> name)
    {
        var draft = new WatchDraft();
        if (channel is null) return draft;
        (draft.AllBudgets, draft.AllThresholds, draft.AllKinds) = (channel.Budgets is null, channel.Thresholds is null, channel.Kinds is null);
        if (channel.Budgets is { } budgets) draft.Budgets.AddRange(budgets.Select(b => (b, name(b))));
        if (channel.Thresholds is { } thresholds) draft.Thresholds = ThresholdsText.Of(thresholds);
        if (channel.Kinds is { } kinds)
        {
            draft.Kinds.Clear();
            draft.Kinds.UnionWith(kinds);
        }
        return draft;
    }

    /// <summary>Adds a budget once.</summary>
    public void Add(WatchedBudget budget, string name)
    {
        if (Budgets.All(b => b.Budget != budget)) Budgets.Add((budget, name));
    }

    /// <returns>Null: <paramref name="wrong"/> says why, by field.</returns>
    public Watched? Read(out Dictionary<string, string> wrong)
    {
        wrong = [];
        IReadOnlyList<int> percents = [];
        if (!AllBudgets && Budgets.Count == 0) wrong["budgets"] = "Choose at least one budget, or all";
        if (!AllThresholds)
        {
            if (!ThresholdsText.TryRead(Thresholds, ThresholdsMax, out percents, out var why)) wrong["thresholds"] = why;
            else if (percents.Count == 0) wrong["thresholds"] = "Write at least one, or choose all";
        }
        if (!AllKinds && Kinds.Count == 0) wrong["kinds"] = "Choose at least one kind, or all";
        return wrong.Count > 0 ? null : new(AllBudgets ? null : [.. Budgets.Select(b => b.Budget)], AllThresholds ? null : percents, AllKinds ? null : [.. Kinds.Order(StringComparer.Ordinal)]);
    }

    /// <summary>As the API takes it: null is all.</summary>
    public sealed record Watched(IReadOnlyList<WatchedBudget>? Budgets, IReadOnlyList<int>? Thresholds, IReadOnlyList<string>? Kinds);

    /// <summary>What a channel watches, in a line.</summary>
    public static string InWords(ChannelModel channel)
    {
        var budgets = channel.Budgets switch
        {
            null => channel.Kinds is null || channel.Kinds.Contains("budget_threshold") ? "All budgets" : "No budgets",
            { Count: 0 } => "No budgets",
            var chosen => string.Join(", ", chosen.GroupBy(b => b.Scope).OrderBy(g => g.Key switch { "workspace" => 0, "project" => 1, _ => 2 })
                .Select(g => g.Key == "workspace" ? "Workspace budget" : $"{g.Count()} {g.Key}{(g.Count() == 1 ? "" : "s")}")),
        };
        var at = channel.Thresholds is { } percents ? $" at {ThresholdsText.Of(percents)}\u00a0%" : "";
        var others = channel.Kinds is { } kinds
            ? kinds.Count(k => k != "budget_threshold") switch { 0 => "", 1 => ", 1 other kind of alert", var many => $", {many} other kinds of alert" }
            : channel.Budgets is null ? ", and all other alerts" : "";
        return budgets + at + others;
    }
}
