using System.Collections.Immutable;
using Marten;
using Npgsql;
using TokenSense.Budgets.Spend;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Budgets.Limits;

/// <summary>The budget of a workspace, a project or a key: read, set, removed. A change reaches every gateway within a second.</summary>
public static class BudgetEndpoints
{
    private const int ThresholdsMax = 10;
    private const int PercentMax = 1_000;

    public sealed record Answer(decimal AmountUsd, string Mode, IReadOnlyList<int> Thresholds);

    public static void MapBudgets(this IEndpointRouteBuilder routes)
    {
        foreach (var (path, scope) in new[] { ("", ScopeName.Workspace), ("/projects/{project}", ScopeName.Project), ("/keys/{key:guid}", ScopeName.Key) })
        {
            var url = $"/workspaces/{{ws}}{path}/budget";
            routes.MapGet(url, Get).Produces<Answer>().WithName($"get-{scope}-budget").WithTags("budgets");
            routes.MapPut(url, Set).Produces<Answer>().WithName($"set-{scope}-budget").WithTags("budgets");
            routes.MapDelete(url, Remove).Produces(204).WithName($"remove-{scope}-budget").WithTags("budgets");
        }
    }

    private static async Task<IResult> Get(Access access, HttpContext http, ScopeLookup scopes, NpgsqlDataSource database, CancellationToken ct)
    {
        if (await scopes.Find(access, http, ct) is not { } found) return Problems.NotFound();
        var budget = await Read(database, found.Scope, ct);
        return budget.Terms is { } terms
            ? TypedResults.Ok(new Answer(terms.AmountUsd, terms.Mode, terms.Thresholds))
            : Problems.Of(404, "NO_BUDGET", "No budget is set here: nothing blocks.");
    }

    private static async Task<IResult> Set(Access access, HttpContext http, Form body, ScopeLookup scopes, BudgetChanges changes, TimeProvider clock, CancellationToken ct)
    {
        var amount = body.Money("amount_usd", required: true);
        if (amount is < 0) body.Error("amount_usd", "must not be negative");
        if (amount > Budget.AmountUsdMax) body.Error("amount_usd", "must be at most 999999999999");
        var mode = body.Text("mode", 16) ?? Mode.Block;
        if (!Budget.Modes.Contains(mode)) body.Error("mode", "must be block, alert or strict");
        var thresholds = body.WholeNumbers("thresholds", ThresholdsMax)?.ToImmutableArray() ?? Budget.DefaultThresholds;
        if (thresholds.Any(t => t is < 1 or > PercentMax)) body.Error("thresholds", $"must be percentages from 1 to {PercentMax}");
        if (!body.IsValid) return Problems.Invalid(body.Errors);
        if (await scopes.Find(access, http, ct) is not { } found) return Problems.NotFound();
        var terms = (await changes.Change(access, found, b => Budget.Decide(new SetBudget(amount!.Value, mode, thresholds, clock.GetUtcNow()), b), ct)).Terms!;
        return TypedResults.Ok(new Answer(terms.AmountUsd, terms.Mode, terms.Thresholds));
    }

    private static async Task<IResult> Remove(Access access, HttpContext http, ScopeLookup scopes, BudgetChanges changes, TimeProvider clock, CancellationToken ct)
    {
        if (await scopes.Find(access, http, ct) is not { } found) return Problems.NotFound();
        await changes.Change(access, found, b => Budget.Decide(new RemoveBudget(clock.GetUtcNow()), b), ct);
        return TypedResults.NoContent();
    }

    private static async Task<Budget> Read(NpgsqlDataSource database, ScopeName scope, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        return await BudgetChanges.Read(connection, null, scope, ct);
    }
}

/// <summary>Which scope a route names. What was created a moment ago may still be on its way here and is waited for.</summary>
public sealed class ScopeLookup(Directory directory, Authentication arrival)
{
    public async Task<FoundScope?> Find(Access access, HttpContext http, CancellationToken ct)
    {
        var workspace = access.Workspace.WorkspaceId;
        if (http.GetRouteValue("project") is string project)
            return await arrival.OnceArrived(() => directory.Project(workspace, project, ct), ct) is { } p
                ? new FoundScope(new(workspace, ScopeName.Project, p.ProjectId), null)
                : null;
        if (http.GetRouteValue("key") is string key)
            return await arrival.OnceArrived(() => directory.Key(workspace, Guid.Parse(key), ct), ct) is { } k
                ? new FoundScope(new(workspace, ScopeName.Key, k.KeyId), k.ProjectId)
                : null;
        return new FoundScope(new(workspace, ScopeName.Workspace, workspace), null);
    }
}

/// <param name="Scope">The scope itself.</param>
/// <param name="KeyProjectId">The project in whose streams a key's total rides.</param>
public sealed record FoundScope(ScopeName Scope, Guid? KeyProjectId)
{
    /// <summary>The scope whose spend stream carries this one's total.</summary>
    public ScopeName Home => Scope.Scope != ScopeName.Key ? Scope
        : KeyProjectId is { } project ? new(Scope.WorkspaceId, ScopeName.Project, project)
        : new(Scope.WorkspaceId, ScopeName.Workspace, Scope.WorkspaceId);
}
