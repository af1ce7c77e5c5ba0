using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.KeyRegistry.Keys;

/// <summary>All, or those that match; in the order of their making, or the newest first.</summary>
public static class ListKeys
{
    private const int QueryLengthMax = 100;
    private const string NoProject = "none", NewestFirst = "newest";

    /// <param name="project">Id or slug; <c>none</c>: those without one.</param>
    /// <param name="status"><c>active</c>, <c>expired</c> or <c>revoked</c>.</param>
    /// <param name="q">A part of the name, or the prefix or the last four characters of the secret.</param>
    /// <param name="order"><c>newest</c>, or as they were made.</param>
    public static async Task<Results<Ok<Page<KeyView>>, ProblemHttpResult>> Handle(
        string? project, string? status, string? q, string? order,
        Paging paging, Access access, Directory directory, IQuerySession documents, KeyUse use, TimeProvider clock, CancellationToken ct)
    {
        var (workspaceId, now) = (access.Workspace.WorkspaceId, clock.GetUtcNow());
        var errors = new Dictionary<string, string[]>(paging.Errors);
        if (status is not (null or "" or "active" or "expired" or "revoked")) errors["status"] = ["must be active, expired or revoked"];
        if (order is not (null or "" or NewestFirst)) errors["order"] = [$"must be {NewestFirst}, or not given"];
        if (q?.Length > QueryLengthMax) errors["q"] = [$"must be at most {QueryLengthMax} characters"];
        var of = project is null or "" or NoProject ? null : await directory.Project(workspaceId, project, ct);
        if (of is null && project is not (null or "" or NoProject)) errors["project"] = ["is not a project of this workspace"];
        if (errors.Count > 0) return Problems.Invalid(errors);

        IQueryable<ApiKey> keys = documents.Query<ApiKey>().Where(k => k.WorkspaceId == workspaceId);
        if (of is { ProjectId: var id }) keys = keys.Where(k => k.ProjectId == id);
        if (project == NoProject) keys = keys.Where(k => k.ProjectId == null);
        keys = status switch
        {
            "active" => keys.Where(k => k.RevokedAt == null && (k.ExpiresAt == null || k.ExpiresAt > now)),
            "expired" => keys.Where(k => k.RevokedAt == null && k.ExpiresAt != null && k.ExpiresAt <= now),
            "revoked" => keys.Where(k => k.RevokedAt != null),
            _ => keys,
        };
        if (q?.Trim() is { Length: > 0 } text)
            keys = keys.Where(k => k.Name.Contains(text, StringComparison.OrdinalIgnoreCase) || k.Secret.Last4 == text || k.Secret.Prefix == text);
        keys = order == NewestFirst
            ? (paging.After == Guid.Empty ? keys : keys.Where(k => k.Id < paging.After)).OrderByDescending(k => k.Id)
            : keys.Where(k => k.Id > paging.After).OrderBy(k => k.Id);
        var found = await keys.Take(paging.Take).ToListAsync(ct);
        var used = await use.Of([.. found.Select(k => k.Id)], ct);
        return TypedResults.Ok(paging.Of(found, k => k.Id, k => KeyView.Of(k, now, used.TryGetValue(k.Id, out var at) ? at : null)));
    }
}
