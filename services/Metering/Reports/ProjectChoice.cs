using TokenSense.ServiceDefaults.Access;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Metering.Reports;

/// <summary><c>?project=</c> of a report: a slug, an id, or <c>unassigned</c>; an archived one is there as any other.</summary>
/// <param name="Id">Null: all of them.</param>
public sealed record ProjectChoice(Guid? Id, string? Slug)
{
    public const string Unassigned = "unassigned";

    /// <returns>Null: the workspace has no such project.</returns>
    public static async Task<ProjectChoice?> Of(string? text, Guid workspaceId, Directory directory, Authentication arrival, CancellationToken ct) =>
        string.IsNullOrEmpty(text) ? new(null, null)
        // A project made before the word was reserved may be called so.
        : text == Unassigned ? await directory.Project(workspaceId, text, ct) is { } reserved ? new(reserved.ProjectId, reserved.Slug) : new(Rollup.Unassigned, Unassigned)
        : await arrival.OnceArrived(() => directory.Project(workspaceId, text, ct), ct) is { } found ? new(found.ProjectId, found.Slug)
        : null;
}
