using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace TokenSense.Dashboard.Docs;

/// <summary>The guide (docs/guide/*.md, built in) as HTML pages. The same files read on GitHub: links between them work in both places.</summary>
public sealed class Guide
{
    public const string Path = "/docs", First = "index";

    // The order of the navigation.
    private static readonly string[] Names = [First, "members", "projects", "budgets", "alerts", "reports-and-export", "prices", "audit-log", "dashboard", "errors"];

    private static readonly MarkdownPipeline Markdown = new MarkdownPipelineBuilder()
        .UsePipeTables().UseAutoIdentifiers(AutoIdentifierOptions.GitHub).DisableHtml().Build();

    private readonly Dictionary<string, Page> _pages;
    private readonly Page _missing;

    public Guide()
    {
        var chapters = Names.Select(Chapter.Read).ToList();
        _pages = chapters.ToDictionary(c => c.Name, c => Page.Of(GuideLayout.Write(chapters, c)));
        var missing = Chapter.Of("", $"# There is no such page\n\nThe pages of the guide are listed here; it begins with [its first page]({First}.md).\n");
        _missing = Page.Of(GuideLayout.Write(chapters, missing));
    }

    public IReadOnlyDictionary<string, Page> Pages => _pages;

    public static void Map(WebApplication app)
    {
        app.MapMethods(Path, ["GET", "HEAD"], (Guide guide, HttpContext http) => guide.Answer(http, First)).ExcludeFromDescription();
        app.MapMethods(Path + "/{page}", ["GET", "HEAD"], (Guide guide, HttpContext http, string page) => guide.Answer(http, page)).ExcludeFromDescription();
    }

    public static string AddressOf(string name) => name == First ? Path : $"{Path}/{name}";

    private IResult Answer(HttpContext http, string name)
    {
        http.Response.Headers.ContentSecurityPolicy = GuideLayout.ContentSecurityPolicy;
        http.Response.Headers.XContentTypeOptions = "nosniff";
        if (!_pages.TryGetValue(name, out var page))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return TypedResults.Bytes(_missing.Html, "text/html; charset=utf-8");
        }
        http.Response.Headers.CacheControl = "public, max-age=300";
        return TypedResults.Bytes(page.Html, "text/html; charset=utf-8", entityTag: new(page.Tag));
    }

    /// <param name="Html">UTF-8.</param>
    /// <param name="Tag">Changes with the content.</param>
    public sealed record Page(byte[] Html, string Tag)
    {
        public static Page Of(string html)
        {
            var bytes = Encoding.UTF8.GetBytes(html);
            return new(bytes, $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..16]}\"");
        }
    }

    /// <summary>One file of the guide.</summary>
    /// <param name="Title">Its first heading.</param>
    /// <param name="Sections">Its headings of the second level, with their anchors.</param>
    public sealed record Chapter(string Name, string Title, IReadOnlyList<(string Anchor, string Title)> Sections, string Html)
    {
        public static Chapter Read(string name)
        {
            using var file = Assembly.GetExecutingAssembly().GetManifestResourceStream($"guide/{name}.md")
                ?? throw new InvalidOperationException($"docs/guide/{name}.md was not there when this was built.");
            using var reader = new StreamReader(file);
            return Of(name, reader.ReadToEnd());
        }

        public static Chapter Of(string name, string text)
        {
            var document = Markdig.Markdown.Parse(text, Markdown);
            foreach (var link in document.Descendants<LinkInline>()) link.Url = OnConsole(link.Url);
            var headings = document.Descendants<HeadingBlock>().ToList();
            return new(name, TextOf(headings[0]), [.. headings.Where(h => h.Level == 2).Select(h => (h.GetAttributes().Id!, TextOf(h)))], document.ToHtml(Markdown));
        }

        // errors.md#not_found → /docs/errors#not_found
        private static string? OnConsole(string? url)
        {
            if (url is null || url.Contains(':') || url.StartsWith('#')) return url;
            var (file, anchor) = url.IndexOf('#') is var at and >= 0 ? (url[..at], url[at..]) : (url, "");
            return file.EndsWith(".md", StringComparison.Ordinal) ? AddressOf(file[..^3]) + anchor : url;
        }

        private static string TextOf(HeadingBlock heading) =>
            string.Concat(heading.Inline!.Descendants().Select(i => i switch { LiteralInline l => l.Content.ToString(), CodeInline c => c.Content, _ => "" }));
    }
}
