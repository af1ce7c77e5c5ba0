using TokenSense.Dashboard.Client;
using TokenSense.Dashboard.Pages.Shared;

namespace TokenSense.Dashboard.Pages.Settings;

/// <summary>Projects with what they spent this month: searched, and in pages.</summary>
/// <param name="Rows">Of the page.</param>
/// <param name="Found">On all pages.</param>
/// <param name="First">The first row's place among those found, from 0.</param>
public sealed record ProjectList(IReadOnlyList<ProjectList.Row> Rows, int Found, int First)
{
    public const int PageSize = 25;

    public sealed record Row(ProjectModel Project, ScopeModel Spend);

    public bool HasNext => First + Rows.Count < Found;

    /// <param name="projects">All of the workspace.</param>
    /// <param name="spend">By project; one that was just made may not be among them yet.</param>
    /// <param name="search">A part of the name, the slug or the description.</param>
    /// <param name="archived">Whether archived ones are shown too.</param>
    /// <param name="page">From 0; one past the last shows the last.</param>
    public static ProjectList Of(IReadOnlyList<ProjectModel> projects, IReadOnlyDictionary<Guid, ScopeModel> spend, string search, bool archived, int page)
    {
        var words = search.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var found = projects
            .Where(p => archived || p.ArchivedAt is null)
            .Where(p => words.All(w => Has(p.Name, w) || Has(p.Slug, w) || Has(p.Description, w)))
            .OrderBy(p => p.ArchivedAt is not null).ThenBy(p => p.Name, NaturalOrder.Names).ThenBy(p => p.Id).ToList();
        var first = Math.Clamp(page, 0, Math.Max(0, (found.Count - 1) / PageSize)) * PageSize;
        return new([.. found.Skip(first).Take(PageSize).Select(p => new Row(p, spend.GetValueOrDefault(p.Id) ?? Nothing(p)))], found.Count, first);
    }

    private static bool Has(string? text, string word) => text?.Contains(word, StringComparison.OrdinalIgnoreCase) == true;

    private static ScopeModel Nothing(ProjectModel p) =>
        new("project", p.Id, p.Name, p.Color, p.ArchivedAt, 0, null, null, null, "unlimited", null, null, default);
}
