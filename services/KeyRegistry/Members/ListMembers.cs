using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Members;

/// <summary>Who has a role in a workspace, and who is invited.</summary>
public static class ListMembers
{
    public static async Task<Results<Ok<Page<MemberView>>, ProblemHttpResult>> Handle(
        Paging paging, Access access, NpgsqlDataSource database, TimeProvider clock, CancellationToken ct)
    {
        if (!paging.IsValid) return Problems.Invalid(paging.Errors);
        var found = await MemberRows.All(database, access.Workspace.WorkspaceId, clock.GetUtcNow(), paging.After, paging.Take, ct);
        return TypedResults.Ok(paging.Of(found, m => m.Id, m => m));
    }

    public static async Task<Results<Ok<MemberView>, ProblemHttpResult>> One(
        Guid id, Access access, NpgsqlDataSource database, TimeProvider clock, CancellationToken ct) =>
        await MemberRows.Find(database, access.Workspace.WorkspaceId, id, clock.GetUtcNow(), ct) is { } member ? TypedResults.Ok(member) : Problems.NotFound();
}
