using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.KeyRegistry.Members;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Credentials;

public sealed record IssueTokenRequest(string Name, string Role, DateTimeOffset? ExpiresAt = null);

/// <param name="Token">Only in the answer that made it.</param>
public sealed record TokenView(
    Guid Id, string Name, string Role,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Token,
    DateTimeOffset? ExpiresAt, DateTimeOffset CreatedAt)
{
    public static TokenView Of(Credential c, string? token = null) => new(c.Id, c.Name, RoleName.Of(c.Role!.Value), token, c.ExpiresAt, c.CreatedAt);
}

/// <summary>An automation token; nobody gives one more than they have.</summary>
public static class IssueToken
{
    public static async Task<Results<Created<TokenView>, ProblemHttpResult>> Handle(
        Form form, Access access, Changes changes, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var name = form.Text("name", 100, required: true);
        var role = RoleName.Of(form);
        var expiresAt = Expiry.Of(form, now);
        if (role > access.Role) form.Error("role", "must not be more than your own");
        if (!form.IsValid) return Problems.Invalid(form.Errors);

        var token = Secret.New(Secret.Automation);
        var issue = new CredentialCommand.IssueToken(
            Guid.CreateVersion7(now), access.Workspace.WorkspaceId, name!, role!.Value, Secret.Hash(token), expiresAt, access.Caller.Actor, now);
        await using var change = await changes.Begin(access, ct);
        var credential = await change.Decide(Credential.Stream(issue.Id), (Credential? c) => Credential.Decide(issue, c), ct);
        await change.Commit(ct);
        return TypedResults.Created($"/api/v1/workspaces/{issue.WorkspaceId}/tokens/{issue.Id}", TokenView.Of(credential, token));
    }
}
