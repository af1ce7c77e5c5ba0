using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.KeyRegistry.Credentials;
using TokenSense.KeyRegistry.Keys;
using TokenSense.KeyRegistry.Members;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Workspaces;

/// <summary>From then on it is not there for anyone: no member, no invitation, no key and no token of it is left. Its spend and who deleted it stay.</summary>
public static class DeleteWorkspace
{
    public static async Task<NoContent> Handle(Access access, Changes changes, TimeProvider clock, CancellationToken ct)
    {
        var (workspaceId, now) = (access.Workspace.WorkspaceId, clock.GetUtcNow());
        var delete = new WorkspaceCommand.Delete(now);
        await using var change = await changes.Begin(access, ct);
        await change.Decide(Workspace.Stream(workspaceId), (Workspace? w) => Workspace.Decide(delete, w), ct);

        foreach (var id in await Ids(change, "select split_part(id, '/', 2)::uuid from directory where kind = 'member' and workspace_id = $1 and body->>'role' is not null", workspaceId, ct))
        {
            var remove = new MemberCommand.Remove(workspaceId, id, now);
            await change.Decide(Member.Stream(workspaceId, id), (Member? m) => Member.Decide(remove, m), ct);
        }
        foreach (var id in await Ids(change, "select id from invitations where workspace_id = $1", workspaceId, ct)) await ChangeMember.Withdraw(change, id, now, ct);
        foreach (var key in await change.Session.Query<ApiKey>().Where(k => k.WorkspaceId == workspaceId && k.RevokedAt == null).ToListAsync(ct))
        {
            var revoke = new ApiKeyCommand.Revoke(now);
            await change.Decide(ApiKey.Stream(key.Id), (ApiKey? k) => ApiKey.Decide(revoke, k), ct);
        }
        foreach (var token in await change.Session.Query<Credential>().Where(c => c.WorkspaceId == workspaceId && c.RevokedAt == null).ToListAsync(ct))
        {
            var revoke = new CredentialCommand.Revoke(now);
            await change.Decide(Credential.Stream(token.Id), (Credential? c) => Credential.Decide(revoke, c), ct);
        }
        await change.Commit(ct);
        return TypedResults.NoContent();
    }

    private static async Task<IReadOnlyList<Guid>> Ids(Change change, string sql, Guid workspaceId, CancellationToken ct)
    {
        await using var command = change.Command(sql, workspaceId);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<Guid>();
        while (await reader.ReadAsync(ct)) found.Add(reader.GetGuid(0));
        return found;
    }
}
