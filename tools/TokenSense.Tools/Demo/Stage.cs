using System.Collections.Immutable;
using System.Net;
using System.Text.Json;

namespace TokenSense.Tools.Demo;

/// <summary>A workspace of its own for one run: projects, keys, budgets, all made through the management API.</summary>
public sealed record Stage(Guid WorkspaceId, string Slug, string Period, decimal BudgetUsd, ImmutableArray<StagedLane> Lanes)
{
    private static readonly TimeSpan ArrivalMax = TimeSpan.FromSeconds(15);

    public static async Task<Stage> Set(ConsoleApi api, BudgetChoice budgets, CancellationToken ct)
    {
        var workspace = await api.Post("workspaces", new { name = "Demo" }, ct);
        var id = workspace.GetProperty("id").GetGuid();
        var lanes = ImmutableArray.CreateBuilder<StagedLane>();
        foreach (var (lane, budget) in Lane.All.Zip(budgets.LanesUsd))
        {
            Guid? project = lane.IsProject
                ? (await OnceArrived(() => api.Post($"workspaces/{id}/projects", new { name = lane.Name, color = lane.Color }, ct), ct)).GetProperty("id").GetGuid()
                : null;
            var key = await OnceArrived(() => api.Post($"workspaces/{id}/keys", new { name = $"{lane.Name} key", project }, ct), ct);
            if (budget is { } amount) await OnceArrived(() => api.Put($"workspaces/{id}/projects/{project}/budget", new { amount_usd = amount }, ct), ct);
            lanes.Add(new(lane, project, key.GetProperty("secret").GetString()!, budget));
        }
        await OnceArrived(() => api.Put($"workspaces/{id}/budget", new { amount_usd = budgets.WorkspaceUsd }, ct), ct);
        var spend = await OnceArrived(() => api.Get($"workspaces/{id}/spend", ct), ct);
        await OnceArrived(() => api.Get($"workspaces/{id}/usage?group_by=project", ct), ct);
        return new(id, workspace.GetProperty("slug").GetString()!, spend.GetProperty("period").GetString()!, budgets.WorkspaceUsd, lanes.DrainToImmutable());
    }

    // A part that has not heard of the new workspace or project yet says 404.
    private static async Task<JsonElement> OnceArrived(Func<Task<JsonElement>> ask, CancellationToken ct)
    {
        var deadline = Environment.TickCount64 + (long)ArrivalMax.TotalMilliseconds;
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (ApiRefusedException e) when (Environment.TickCount64 < deadline && e.Status is HttpStatusCode.NotFound)
            {
                await Task.Delay(100, ct);
            }
            catch (ApiRefusedException e)
            {
                throw new CannotRunException(e.Message, e);
            }
        }
    }
}

/// <summary>A lane with what was made for it.</summary>
public sealed record StagedLane(Lane Lane, Guid? ProjectId, string Secret, decimal? BudgetUsd);
