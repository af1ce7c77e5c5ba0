using System.Net;

namespace TokenSense.ServiceDefaults.Mail;

/// <summary>HTML that mail programs read: tables, styles in place, no colour of text or ground, so that the reader's own hold; loads nothing.</summary>
public static class MailHtml
{
    private const string Space = "margin:0 0 12px";

    /// <param name="title">One line, as text.</param>
    /// <param name="color">Of the bar at the side.</param>
    /// <param name="content">As HTML.</param>
    /// <param name="home">Where the last line leads.</param>
    public static string Page(string title, string color, IEnumerable<string> content, Uri home) =>
        $"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
        <title>{Escape(title)}</title>
        </head>
        <body style="margin:0;padding:16px;font-family:sans-serif;font-size:15px;line-height:1.5">
        <table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:640px"><tr>
        <td style="border-left:4px solid {color};padding:0 0 0 16px">
        <p style="{Space};font-size:18px;font-weight:bold">{Escape(title)}</p>
        {string.Join('\n', content)}
        <p style="margin:0;font-size:13px;opacity:.7">{Link("TokenSense", home)}</p>
        </td></tr></table>
        </body>
        </html>

        """;

    public static string Paragraph(string text) => Block(Escape(text));

    /// <param name="html">Escaped already.</param>
    public static string Block(string html) => $"""<p style="{Space}">{html}</p>""";

    public static string Table(IEnumerable<(string Label, string Value)> rows) =>
        $"""
        <table cellpadding="0" cellspacing="0" style="{Space};font-size:14px">
        {string.Join('\n', rows.Select(row => Row(row.Label, row.Value)))}
        </table>
        """;

    public static string Link(string label, Uri address) => $"""<a href="{Escape(address.AbsoluteUri)}">{Escape(label)}</a>""";

    private static string Row(string label, string value) =>
        $"""
        <tr><th align="left" valign="top" style="padding:2px 16px 2px 0;font-weight:normal;opacity:.7;white-space:nowrap">{Escape(label)}</th>
        <td valign="top" style="padding:2px 0">{Escape(value)}</td></tr>
        """;

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
