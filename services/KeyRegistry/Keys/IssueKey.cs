using System.Collections.Immutable;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Keys;

public sealed record IssueKeyRequest(string Name, string? Project = null, DateTimeOffset? ExpiresAt = null, IReadOnlyList<string>? Scopes = null);

/// <summary>The only answer, with a rotation's, that ever shows the secret.</summary>
public static class IssueKey
{
    private static readonly string[] ScopesKnown = ["call", "report"];

    public static async Task<Results<Created<KeyView>, ProblemHttpResult>> Handle(
        Form form, Access access, Changes changes, Directory directory, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var name = form.Text("name", 100, required: true);
        var expiresAt = Expiry.Of(form, now);
        var scopes = ScopesOf(form);
        var project = await ProjectOf(form, access, directory, ct);
        if (!form.IsValid) return Problems.Invalid(form.Errors);

        var secret = Secret.New(Secret.ApiKey);
        var issue = new ApiKeyCommand.Issue(
            Guid.CreateVersion7(now), access.Workspace.WorkspaceId, project?.ProjectId, name!, scopes, MarkOf(secret), expiresAt,
            access.Caller.Actor, now);
        await using var change = await changes.Begin(access, ct);
        var key = await change.Decide(ApiKey.Stream(issue.Id), (ApiKey? k) => ApiKey.Decide(issue, k), ct);
        await change.Commit(ct);
        return TypedResults.Created($"/api/v1/workspaces/{key.WorkspaceId}/keys/{key.Id}", KeyView.Of(key, now, secret: secret));
    }

    public static SecretMark MarkOf(string secret) => new(Secret.Hash(secret), secret[..(Secret.ApiKey.Length + 4)], secret[^4..]);

    private static ImmutableArray<string> ScopesOf(Form form)
    {
        if (form.Texts("scopes", ScopesKnown.Length) is not { } given) return ["call"];
        if (given.Count == 0 || given.Except(ScopesKnown).Any()) form.Error("scopes", "must name call, report or both");
        return [.. ScopesKnown.Intersect(given)];
    }

    private static async Task<ProjectChanged?> ProjectOf(Form form, Access access, Directory directory, CancellationToken ct)
    {
        if (form.Text("project", 64) is not { } named) return null;
        var project = await directory.Project(access.Workspace.WorkspaceId, named, ct);
        if (project is null) form.Error("project", "is not a project of this workspace");
        else if (project.ArchivedAt is not null) form.Error("project", "is archived: its keys would not work");
        return project;
    }
}
