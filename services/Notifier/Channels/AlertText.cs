using System.Text;
using TokenSense.Contracts;

namespace TokenSense.Notifier.Channels;

/// <summary>A notice as mail says it.</summary>
/// <param name="Subject">One line, whatever names hold.</param>
/// <param name="Html">Keeps the reader's own colours, so that it reads in dark and light; loads nothing.</param>
public sealed record AlertText(string Subject, string Plain, string Html)
{
    private const int SubjectLengthMax = 150;
    private const int PlainWidth = 76;
    private const int LabelWidth = 15;

    public static AlertText Of(Notice notice)
    {
        var wording = AlertWording.Of(notice);
        return new(SubjectOf(notice, wording), PlainOf(notice, wording), AlertHtml.Of(notice, wording));
    }

    private static string SubjectOf(Notice notice, AlertWording wording)
    {
        var alert = notice.Alerts[0];
        var whose = alert is { Kind: AlertKind.BudgetThreshold, Scope: "workspace" } ? "" : $"[{Shown.Line(notice.WorkspaceName, 40)}] ";
        // Everything in it is a line already; this only makes sure.
        return string.Concat($"{whose}{wording.Title}".EnumerateRunes().Where(rune => !Rune.IsControl(rune)).Take(SubjectLengthMax));
    }

    private static string PlainOf(Notice notice, AlertWording wording)
    {
        var text = new StringBuilder();
        foreach (var paragraph in new[] { wording.Title, wording.What, wording.Effect }) Wrap(text, paragraph, "").Append('\n');
        foreach (var (label, value) in wording.Facts) Wrap(text, $"{label.PadRight(LabelWidth)}{value}", new string(' ', LabelWidth));
        Wrap(text.Append('\n'), wording.Advice, "").Append('\n');
        foreach (var (label, address) in wording.Links) text.Append(label.PadRight(LabelWidth)).Append(address).Append('\n');
        text.Append("\n-- \nTokenSense, ").Append(ConsoleLinks.Home(notice)).Append('\n');
        return text.ToString();
    }

    // A word longer than a line stays whole: it may be an address.
    private static StringBuilder Wrap(StringBuilder text, string paragraph, string indent)
    {
        var column = 0;
        for (var (start, first) = (0, true); start < paragraph.Length; first = false)
        {
            var end = paragraph.IndexOf(' ', start + Spaces(paragraph, start));
            if (end < 0) end = paragraph.Length;
            var word = paragraph[start..end];
            if (!first && column + word.Length > PlainWidth)
            {
                text.Append('\n').Append(indent);
                (word, column) = (word.TrimStart(), indent.Length);
            }
            text.Append(word);
            (column, start) = (column + word.Length, end);
        }
        return text.Append('\n');
    }

    private static int Spaces(string text, int from)
    {
        var count = 0;
        while (from + count < text.Length && text[from + count] == ' ') count++;
        return count;
    }
}
