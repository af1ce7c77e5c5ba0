using System.Text.Json;
using TokenSense.ServiceDefaults;

namespace TokenSense.Notifier.Channels;

/// <summary>A notice as the JSON of Slack's incoming webhooks. Others that speak it may show <c>text</c> alone, so that says everything too.</summary>
public static class SlackMessage
{
    private const int FieldsMax = 10;

    public static byte[] Of(Notice notice)
    {
        var wording = AlertWording.Of(notice);
        var sign = wording.Severity switch
        {
            Severity.Blocked => ":no_entry:", Severity.Warning => ":warning:", Severity.Notice => ":information_source:", _ => throw new InvalidOperationException(),
        };
        var head = $"{sign} *{Escape(wording.Title)}*\n{Escape(wording.What)}\n{Escape(wording.Effect)}";
        var links = string.Join(" · ", wording.Links.Select(link => $"<{Escape(link.Address.AbsoluteUri)}|{Escape(link.Label)}>"));
        var foot = $"{Escape(wording.Advice)}\n{links}";
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            text = $"{head}\n{foot}",
            blocks = new object[]
            {
                Section(head),
                new { type = "section", fields = wording.Facts.Take(FieldsMax).Select(fact => Markdown($"*{Escape(fact.Label)}*\n{Escape(fact.Value)}")) },
                Section(foot),
            },
        }, Service.Json);
    }

    private static object Section(string text) => new { type = "section", text = Markdown(text) };

    private static object Markdown(string text) => new { type = "mrkdwn", text };

    // Slack's three characters; and an @ of a name must call nobody where names alone do that.
    private static string Escape(string text) =>
        text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("@", "@\u200b");
}
