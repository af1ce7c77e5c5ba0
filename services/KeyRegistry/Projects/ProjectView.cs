namespace TokenSense.KeyRegistry.Projects;

/// <param name="Color"><c>#rrggbb</c>, for charts.</param>
public sealed record ProjectView(
    Guid Id, string Slug, string Name, string Color, string? Description, DateTimeOffset? ArchivedAt, DateTimeOffset CreatedAt)
{
    public static ProjectView Of(Project p) => new(p.Id, p.Slug, p.Name, p.Color, p.Description, p.ArchivedAt, p.CreatedAt);
}
