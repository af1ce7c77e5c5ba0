using System.Globalization;
using TokenSense.Contracts;

namespace TokenSense.Notifier.Channels;

/// <summary>Words for thresholds of one budget in one month: those that were still unsent together are told as one.</summary>
internal static class BudgetWording
{
    public static AlertWording Of(Notice notice)
    {
        var highest = notice.Alerts[0];
        var (spent, budget) = (highest.SpentUsd ?? 0, highest.BudgetUsd ?? 0);
        var exhausted = highest.Threshold >= 100;
        var blocked = exhausted && highest.Mode != "alert";
        var who = $"{highest.Scope} {Shown.Name(highest.ScopeName)}";
        var percents = string.Join(" and ", notice.Alerts.Select(a => a.Threshold ?? 0).Distinct().Order().Select(Percent));
        var state = budget == 0 ? "has a budget of 0" : $"has used {percents} of its budget";
        var month = highest.Period is { } period ? $" in {Shown.Month(period)}" : "";
        var of = highest.Scope == "workspace" ? "" : $" of workspace {Shown.Name(notice.WorkspaceName)}";
        return new(
            blocked ? Severity.Blocked : Severity.Warning,
            $"{Capital(who)} {state}{(blocked ? ": requests are blocked" : "")}",
            $"{Capital(who)}{of} {state}{month}: {Shown.Spent(spent, budget)}.",
            Effect(notice, highest, exhausted),
            exhausted
                ? $"Raise the budget{(blocked ? ", which lets requests through at once" : "")}, wait for the next month, or look at what was used."
                : "Look at what is used, and raise the budget before it is used up.",
            [.. Facts(notice, highest)],
            [("This alert", ConsoleLinks.Alert(notice, highest.Id)), ("Budget", ConsoleLinks.Budget(notice, highest.Scope)), ("Usage", ConsoleLinks.Usage(notice))]);
    }

    private static string Effect(Notice notice, AlertFacts alert, bool exhausted)
    {
        var requests = alert.Scope switch
        {
            "key" => "Requests with this key", "project" => "Requests with this project's keys", _ => "Requests with any key of this workspace",
        };
        var until = alert.ResetsAt is { } reset ? $" until {Shown.Time(reset, notice.Zone)}, or until the budget is raised" : " until the budget is raised";
        return (alert.Mode, exhausted) switch
        {
            ("alert", _) => "Nothing is blocked: this budget only tells.",
            (_, true) => $"{requests} get HTTP 402{until}.",
            (_, false) => $"Nothing is blocked yet. At 100 %, {char.ToLowerInvariant(requests[0])}{requests[1..]} get HTTP 402.",
        };
    }

    private static IEnumerable<(string, string)> Facts(Notice notice, AlertFacts highest)
    {
        yield return ("Spent", Shown.Spent(highest.SpentUsd ?? 0, highest.BudgetUsd ?? 0));
        if (highest.Scope != "workspace") yield return (Capital(highest.Scope), Shown.Line(highest.ScopeName));
        yield return ("Workspace", Shown.Line(notice.WorkspaceName));
        if (highest.Period is { } period) yield return ("Month", Shown.Month(period));
        foreach (var alert in notice.Alerts)
        {
            var by = alert.CrossedBy is { } usage ? $"by usage {AlertWording.UsageName(usage)}" : "by a change of the budget";
            yield return ($"{Percent(alert.Threshold ?? 0)} reached", $"{Shown.Time(alert.At, notice.Zone)}, at {Shown.Usd(alert.SpentUsd ?? 0)}, {by}");
        }
        if (highest.ResetsAt is { } reset) yield return ("Next month", $"begins {Shown.Time(reset, notice.Zone)}");
    }

    private static string Percent(int threshold) => string.Create(CultureInfo.InvariantCulture, $"{threshold} %");

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
