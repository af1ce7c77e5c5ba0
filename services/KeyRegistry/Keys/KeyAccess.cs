using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Keys;

/// <summary>Product decision 17: members change the keys that they made, admins all.</summary>
public static class KeyAccess
{
    public static async Task<ProblemHttpResult?> MayChange(this Access access, Guid keyId, IQuerySession documents, CancellationToken ct) =>
        await documents.LoadAsync<ApiKey>(keyId, ct) switch
        {
            null => Problems.NotFound(),
            var key when key.WorkspaceId != access.Workspace.WorkspaceId => Problems.NotFound(),
            var key when access.Role < Role.Admin && key.CreatedBy != access.Caller.Actor =>
                Problems.Of(403, "FORBIDDEN", "Somebody else made this key; an admin may change it."),
            _ => null,
        };

    public static ProblemHttpResult Revoked() => Problems.Of(409, "KEY_REVOKED", "The key is revoked.");
}
