using System.Text.Json;
using Npgsql;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Metering.Usage;

/// <summary>Takes a rejected line again, as the gateway that reported it. It leaves the list unless it is rejected again.</summary>
/// <remarks>It is removed after it was taken: dying in between records nothing twice, because its name is claimed.</remarks>
public static class RetryRejected
{
    /// <summary><see cref="Status"/> as in the answer of <c>POST /api/v1/usage</c>.</summary>
    public sealed record Answer(Guid Id, string? Source, string? UsageId, string Status, string? Code, string? Message);

    public static void MapRetryRejected(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/workspaces/{ws}/rejected/{id:guid}/retry", Retry).WithName("retry-rejected").WithTags("usage").Produces<Answer>();
        routes.MapPost("/workspaces/{ws}/conflicts/{id:guid}/retry", RefuseConflict).WithName("retry-conflict").WithTags("usage");
    }

    private static async Task<IResult> Retry(
        Access access, Guid id, NpgsqlDataSource database, Directory directory, UsageIntake intake, KeptLineChanges changes, TimeProvider clock, CancellationToken ct)
    {
        if (await Find(GetKeptAside.Rejected, access, id, database, ct) is not { } kept) return Problems.NotFound();
        if (kept.Line is not { } line)
            return Problems.Of(409, "NOT_RETRIABLE", "Of this line nothing is kept that could be taken again; its reporter must send it.");
        var gateway = kept.Reporter["gateway:".Length..];
        var reporter = Reporter.Gateway(gateway, (await directory.Gateway(gateway, ct))?.Workspaces);
        var answer = (await intake.Take(reporter, [JsonSerializer.Deserialize<JsonElement>(line)], remembersRejected: false, ct)).Single();
        // Somebody else may have dealt with it meanwhile: then theirs stands, and this one is answered what became of the line.
        var rejectedAs = answer.Status == LineAnswer.Rejected ? answer.Code : null;
        await changes.Change(access, GetKeptAside.Rejected, id,
            (name, held) => KeptLine.Decide(new RetryLine(name, answer.Status, rejectedAs, clock.GetUtcNow()), held), answer.Message, ct);
        return TypedResults.Ok(new Answer(id, answer.Source, answer.Id, answer.Status, answer.Code, answer.Message));
    }

    private static async Task<IResult> RefuseConflict(Access access, Guid id, NpgsqlDataSource database, CancellationToken ct) =>
        await Find(GetKeptAside.Conflict, access, id, database, ct) is null
            ? Problems.NotFound()
            : Problems.Of(409, "CONFLICT_STANDS", "The first report of this name counts. A conflict cannot be taken again, only dismissed.");

    private static async Task<(string Reporter, string? Line)?> Find(string kind, Access access, Guid id, NpgsqlDataSource database, CancellationToken ct)
    {
        await using var select = database.CreateCommand(
            "select reporter, line from kept_aside where id = $1 and workspace_id = $2 and kind = $3 and dismissed_at is null");
        select.Parameters.Add(new() { Value = id });
        select.Parameters.Add(new() { Value = access.Workspace.WorkspaceId });
        select.Parameters.Add(new() { Value = kind });
        await using var reader = await select.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? (reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1)) : null;
    }
}
