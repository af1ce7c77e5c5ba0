using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Shouldly;
using TokenSense.Dashboard.Docs;
using Xunit;

namespace TokenSense.Specs.Docs;

/// <summary>The guide, as the console serves it and as GitHub shows its files.</summary>
public sealed partial class GuideSpecs
{
    private static readonly Dictionary<string, string> Pages = new Guide().Pages.ToDictionary(p => p.Key, p => Encoding.UTF8.GetString(p.Value.Html));

    [Fact]
    public void Every_code_that_the_product_can_answer_has_its_heading_and_every_heading_its_code()
    {
        var codes = new[] { "services", "contracts/TokenSense.Enforcement" }
            .SelectMany(folder => Directory.GetFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}"))
            .SelectMany(file => Code().Matches(File.ReadAllText(file)).Select(m => m.Groups["code"].Value))
            .Where(code => !Setting().IsMatch(code)).ToHashSet();
        codes.Count.ShouldBeGreaterThan(35);
        Headings().Where(code => !codes.Contains(code)).ShouldBeEmpty("explained, and nothing answers it");
        codes.Except(Headings()).Order().ShouldBeEmpty("answered, and not explained in docs/guide/errors.md");
    }

    [Fact]
    public void The_anchor_of_a_code_is_the_code_in_small_letters()
    {
        foreach (var code in Headings()) Anchors(Pages["errors"]).ShouldContain(code.ToLowerInvariant());
    }

    [Fact]
    public void Every_code_is_in_the_table_by_status_or_is_one_of_a_reported_line() =>
        Headings().Except(CodeLink().Matches(Text("errors")).Select(m => m.Groups[1].Value)).Order(StringComparer.Ordinal).ShouldBe(
        [
            "INVALID_LINE", "INVALID_USAGE", "KEY_MISMATCH", "NOT_RECORDABLE", "TIME_OUT_OF_RANGE", "TOO_MANY_LINES", "UNKNOWN_KEY", "UNKNOWN_PROJECT",
            "USAGE_CONFLICT",
        ]);

    [Fact]
    public void Every_file_of_the_guide_is_a_page_and_every_page_is_in_the_navigation_of_each()
    {
        Pages.Keys.Order().ShouldBe(Directory.GetFiles(Folder, "*.md").Select(Path.GetFileNameWithoutExtension).Order());
        foreach (var (name, html) in Pages)
        {
            foreach (var other in Pages.Keys) Navigation().Match(html).Value.ShouldContain($"<a href=\"{Guide.AddressOf(other)}\"");
            Navigation().Match(html).Value.ShouldContain($"<a href=\"{Guide.AddressOf(name)}\" aria-current=\"page\">");
        }
    }

    [Fact]
    public void Every_link_leads_to_a_page_and_an_anchor_that_are_there()
    {
        var links = Pages.SelectMany(page => Link().Matches(page.Value).Select(link => (page.Key, Url: WebUtility.HtmlDecode(link.Groups[1].Value)))).ToList();
        links.Count.ShouldBeGreaterThan(100);
        links.Where(link => !link.Url.StartsWith("https://", StringComparison.Ordinal) && !Leads(link.Key, link.Url)).ShouldBeEmpty();
    }

    [Fact]
    public void Links_in_the_files_are_to_files_beside_them_so_that_they_lead_somewhere_on_GitHub_too() =>
        Pages.Keys.SelectMany(name => MarkdownLink().Matches(Text(name)).Select(link => $"{name}.md: {link.Groups[1].Value}"))
            .Where(link => !BesideIt().IsMatch(link)).ShouldBeEmpty();

    [Fact]
    public void A_page_needs_nothing_from_elsewhere_and_no_script()
    {
        foreach (var html in Pages.Values) html.ShouldNotMatch("<script|<img|<link|@import|url\\(| style=| on[a-z]+=");
    }

    private static bool Leads(string from, string url)
    {
        var (path, anchor) = url.IndexOf('#') is var at and >= 0 ? (url[..at], url[(at + 1)..]) : (url, null);
        var page = path == "" ? from : Pages.Keys.SingleOrDefault(name => Guide.AddressOf(name) == path);
        return page is not null && (anchor is null || Anchors(Pages[page]).Contains(anchor));
    }

    private static IEnumerable<string> Headings() => CodeHeading().Matches(Text("errors")).Select(m => m.Groups[1].Value);

    private static HashSet<string> Anchors(string html) => [.. Id().Matches(html).Select(m => m.Groups[1].Value)];

    private static string Text(string name) => File.ReadAllText(Path.Combine(Folder, $"{name}.md"));

    private static string Folder => Path.Combine(Root, "docs", "guide");

    private static readonly string Root = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "global.json"))) folder = folder.Parent!;
        return folder.FullName;
    }

    // Whatever stands after a status, and every other literal in capitals but short words (GET, UTC).
    [GeneratedRegex(@"\((?:[1-5]\d\d|[\w.]*[Ss]tatus[\w.]*), ""(?<code>[A-Z_]+)""|""(?<code>[A-Z]{8,}|[A-Z]+(?:_[A-Z]+)+)""")]
    private static partial Regex Code();

    [GeneratedRegex("^(TOKENSENSE|OTEL|ASPNETCORE|DOTNET)_")]
    private static partial Regex Setting();

    [GeneratedRegex(@"^### ([A-Z_]+)\r?$", RegexOptions.Multiline)]
    private static partial Regex CodeHeading();

    [GeneratedRegex(@"\[([A-Z_]+)\]\(#")]
    private static partial Regex CodeLink();

    [GeneratedRegex("<a [^>]*href=\"([^\"]*)\"")]
    private static partial Regex Link();

    [GeneratedRegex(@"\]\(([^)]*)\)")]
    private static partial Regex MarkdownLink();

    [GeneratedRegex(@"\.md: (https://|#|[a-z-]+\.md(#|$))")]
    private static partial Regex BesideIt();

    [GeneratedRegex(" id=\"([^\"]*)\"")]
    private static partial Regex Id();

    [GeneratedRegex("<nav .*?</nav>", RegexOptions.Singleline)]
    private static partial Regex Navigation();
}
