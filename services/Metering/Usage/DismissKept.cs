using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.Metering.Usage;

/// <summary>Takes a conflict or a rejected line off its list. The row stays, so that the same report again is not told again.</summary>
public static class DismissKept
{
    public static void MapDismissKept(this IEndpointRouteBuilder routes)
    {
        Map("conflicts", GetKeptAside.Conflict);
        Map("rejected", GetKeptAside.Rejected);

        void Map(string path, string kind) =>
            routes.MapPost($"/workspaces/{{ws}}/{path}/{{id:guid}}/dismiss", (Access access, Guid id, KeptLineChanges changes, TimeProvider clock, CancellationToken ct) =>
                Dismiss(kind, access, id, changes, clock, ct)).WithName($"dismiss-{path}").WithTags("usage").Produces(StatusCodes.Status204NoContent);
    }

    private static async Task<IResult> Dismiss(string kind, Access access, Guid id, KeptLineChanges changes, TimeProvider clock, CancellationToken ct) =>
        await changes.Change(access, kind, id, (name, line) => KeptLine.Decide(new DismissLine(name, clock.GetUtcNow()), line), message: null, ct)
            ? TypedResults.NoContent()
            : Problems.NotFound();
}
