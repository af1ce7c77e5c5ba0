using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace TokenSense.Dashboard.Docs;

/// <summary>What is around a page of the guide: one file without scripts or anything from elsewhere.</summary>
public static class GuideLayout
{
    private static readonly string Style = ReadStyle();

    /// <summary>Nothing but the page's own style sheet, told by its hash.</summary>
    public static readonly string ContentSecurityPolicy =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static string Write(IReadOnlyList<Guide.Chapter> chapters, Guide.Chapter shown)
    {
        var pages = string.Concat(chapters.Select(c => c.Name == shown.Name
            ? $"<li><a href=\"{Guide.AddressOf(c.Name)}\" aria-current=\"page\">{Text(c.Title)}</a>{Sections(c)}</li>"
            : $"<li><a href=\"{Guide.AddressOf(c.Name)}\">{Text(c.Title)}</a></li>"));
        return $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{Text(shown.Title)} · TokenSense</title>
            <style>{Style}</style>
            </head>
            <body>
            <a class="skip" href="#content">Skip to the content</a>
            <header><a href="{Guide.Path}">TokenSense</a></header>
            <div class="sheet">
            <nav aria-label="Guide"><ul>{pages}</ul></nav>
            <main id="content" tabindex="-1">
            {Scrolling(shown.Html)}
            </main>
            </div>
            </body>
            </html>
            """;
    }

    private static string Sections(Guide.Chapter chapter) => chapter.Sections.Count == 0 ? ""
        : $"<ul>{string.Concat(chapter.Sections.Select(s => $"<li><a href=\"#{s.Anchor}\">{Text(s.Title)}</a></li>"))}</ul>";

    // Wide tables and code scroll by themselves, with the keyboard too.
    private static string Scrolling(string html) => html
        .Replace("<table>", "<div class=\"wide\" role=\"region\" aria-label=\"Table\" tabindex=\"0\"><table>", StringComparison.Ordinal)
        .Replace("</table>", "</table></div>", StringComparison.Ordinal)
        .Replace("<pre>", "<pre tabindex=\"0\">", StringComparison.Ordinal);

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string ReadStyle()
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("guide.css")!);
        // Browsers hash it with these, whatever the checkout made of them.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
