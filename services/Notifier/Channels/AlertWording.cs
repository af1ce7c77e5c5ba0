using TokenSense.Contracts;

namespace TokenSense.Notifier.Channels;

public enum Severity { Notice, Warning, Blocked }

/// <summary>What a message says, whatever its form; nothing in it is escaped, and no part but <see cref="Facts"/> has more than a line's names.</summary>
/// <param name="Title">One short line.</param>
/// <param name="What">What happened.</param>
/// <param name="Effect">What is blocked by it.</param>
/// <param name="Advice">What to do.</param>
/// <param name="Links">Where to do it; the first is the alert itself.</param>
public sealed record AlertWording(
    Severity Severity, string Title, string What, string Effect, string Advice, IReadOnlyList<(string Label, string Value)> Facts,
    IReadOnlyList<(string Label, Uri Address)> Links)
{
    private const int DetailLengthMax = 300;

    public static AlertWording Of(Notice notice)
    {
        var wording = Wording(notice);
        return notice.Alerts[0].ResolvedAt is not { } since ? wording : wording with
        {
            Severity = Severity.Notice, Title = $"Resolved: {wording.Title}", Effect = $"This no longer holds since {Shown.Time(since, notice.Zone)}.", Advice = "There is nothing to do.",
        };
    }

    private static AlertWording Wording(Notice notice)
    {
        var alert = notice.Alerts[0];
        if (alert.Kind == AlertKind.BudgetThreshold) return BudgetWording.Of(notice);
        var name = Shown.Name(alert.ScopeName);
        var (title, what, effect, advice) = alert.Kind switch
        {
            AlertKind.UnpricedModel => (
                $"Model {name} has no price",
                $"Usage of model {name} was recorded, and there is no price for it. It counts in no spend and no budget yet.",
                "Nothing is blocked.",
                "Set a price for it under Settings, Prices: further calls are counted. A gateway of your own can report what such calls cost (cost_usd) instead."),
            AlertKind.UsageConflict => (
                $"The same usage was reported twice with different content: {alert.Scope} {name}",
                $"A usage of {alert.Scope} {name} came again under the same name and with other content. The first one counts, the second is kept aside.",
                "Nothing is blocked.",
                "Compare the two, then dismiss the second, or report it under a name of its own."),
            AlertKind.UsageRejected => (
                $"Reported usage could not be counted: {alert.Scope} {name}",
                $"Usage that was reported for {alert.Scope} {name} could not be counted. It is in no spend.",
                "Nothing is blocked.",
                "Look at what was wrong with it, correct that at the gateway, and report it again."),
            AlertKind.ChannelFailing => (
                $"Alerts do not reach the channel {name}",
                $"Alerts cannot be delivered to the channel {name}.",
                "Nothing is blocked. Other channels are not affected.",
                "Look at the channel's address and at what receives there, then send it a test."),
            AlertKind.GatewaySilent => (
                $"Gateway {name} is silent",
                $"Gateway {name} has not been heard of since, and did not say that it stops.",
                "Calls through it may fail. What it has used and not yet reported is not in any spend until it runs again.",
                "Look whether it runs and reaches the message broker."),
            AlertKind.Test => (
                $"Test of the channel {name}",
                $"Somebody asked for this test of the channel {name}. It works.",
                "Nothing happened, and nothing is blocked.",
                "There is nothing to do."),
            _ => throw new InvalidOperationException($"There are no words for an alert of kind {alert.Kind}."),
        };
        return new(
            alert.Kind is AlertKind.Test ? Severity.Notice : Severity.Warning, title, what, effect, advice, [.. FactsOf(notice)], LinksOf(notice, alert));
    }

    private static IEnumerable<(string, string)> FactsOf(Notice notice)
    {
        yield return ("Workspace", Shown.Line(notice.WorkspaceName));
        foreach (var alert in notice.Alerts)
        {
            yield return ("When", Shown.Time(alert.At, notice.Zone));
            if (alert.Period is { } period) yield return ("Month", Shown.Month(period));
            if (alert.CrossedBy is { } usage) yield return ("Usage", UsageName(usage));
            if (alert.Detail is { Length: > 0 } detail) yield return ("Detail", Shown.Line(detail, DetailLengthMax));
        }
    }

    internal static string UsageName(UsageReference usage) => $"{Shown.Line(usage.Id, 100)} from {Shown.Line(usage.Source, 100)}";

    private static (string, Uri)[] LinksOf(Notice notice, AlertFacts alert) => alert.Kind switch
    {
        AlertKind.Test => [("Channels", ConsoleLinks.Channels(notice))],
        AlertKind.ChannelFailing => [("This alert", ConsoleLinks.Alert(notice, alert.Id)), ("Channels", ConsoleLinks.Channels(notice))],
        _ => [("This alert", ConsoleLinks.Alert(notice, alert.Id)), ("Usage", ConsoleLinks.Usage(notice))],
    };
}
